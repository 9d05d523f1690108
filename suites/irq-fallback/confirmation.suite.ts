import {
  attemptWith,
  CONFIRMING_LINE,
  expect,
  first,
  framesUntilGivenUp,
  LOGGED,
  source,
  test,
} from '../../fixtures/index.ts';

/** The attempt that a line of the log tells of; giving up comes after every attempt. */
const attemptOf = (text: string): number =>
  text === LOGGED.notConfirmed ? Infinity : Number(LOGGED.confirmed.exec(text)?.[1]);

test.describe('confirmation', () => {
  test.use({ needs: ['ready-line', 'faults'], forDrivers: CONFIRMING_LINE });

  for (const missing of [0, 1, 2, 3, 13, 16])
    test(
      `with the first ${missing} pulses missing the attempt is counted as the driver counts`,
      { annotation: source('DRIVER 1.4') },
      async ({ board, unboundDriver: driver, faults, datasheet, step }) => {
        await step(`1. leave out ${missing} pulses`, () =>
          faults.set({ kind: 'ready-missing', frames: { count: missing } }),
        );
        await step('2. bind the driver and ask for 32 random bytes', async () => {
          await driver.probe();
          await driver.random(32);
        });
        await step('3. find the outcome in the log, once', () => {
          const outcome = driver.log.filter(({ text }) => /IRQ (not )?confirmed/.test(text));
          expect(outcome).toHaveLength(1);
          const attempt = attemptOf(first(outcome, 'lines of the log about the confirmation').text);
          const wanted = attemptWith(datasheet.confirmation!, missing);
          // A pulse may reach an emulated host too late for its attempt, and never too early.
          expect(attempt).toBeGreaterThanOrEqual(wanted);
          expect(attempt).toBeLessThanOrEqual(board.clock.slack === undefined ? wanted : Infinity);
        });
      },
    );

  test(
    'a line that never pulses is given up when the driver has checked as often as it does',
    { annotation: source('DRIVER 1.4', 'BUGS L-07') },
    async ({ unboundDriver: driver, faults, wires, datasheet, step }) => {
      await step('1. cut the line', () => faults.set({ kind: 'ready-open' }));
      const sight = await step('2. bind the driver and ask for 32 random bytes', () =>
        wires.during(async () => {
          await driver.probe();
          await driver.random(32);
        }),
      );
      await step('3. count the frames before the warning', () => {
        expect(driver).toHaveLogged(LOGGED.notConfirmed, 1);
        const warned = driver.log.find(({ text }) => text === LOGGED.notConfirmed)!.at;
        expect(sight.frames.filter(({ fall }) => fall < warned)).toHaveLength(
          framesUntilGivenUp(datasheet.confirmation!),
        );
      });
      await step('4. find the driver working with delays', async () => {
        expect(driver.trust).toBe('given-up');
        expect(await driver.random(8)).toHaveLength(8);
      });
    },
  );
});
