import type { Board, Fault, FaultPanel, HostDriver } from '../../fixtures/index.ts';
import {
  BINDING,
  both,
  driversThat,
  expect,
  GET_RANDOM_8,
  hex,
  ms,
  plus,
  readRegister,
  seconds,
  source,
  test,
  TPM_ACCESS,
} from '../../fixtures/index.ts';

/**
 * A fault under which a driver meets a chip that does not answer in time, or trouble in the first frames of a
 * command.
 */
type Trouble = readonly [what: string, fault: (limit: Fault & { kind: 'chip-slow-command' }) => Fault];

const TROUBLES: readonly Trouble[] = [
  ['a command that outlasts its limit', (slow) => slow],
  ['a bus that fails one frame', () => ({ kind: 'bus-error', errno: 5, frames: { count: 1 } })],
  [
    'a bus that fails the fourth frame',
    () => ({ kind: 'bus-error', errno: 5, frames: { from: 3, count: 1 } }),
  ],
  ['a chip that stalls one frame for ever', () => ({ kind: 'chip-stall', frames: { count: 1 } })],
  [
    'a chip that stalls the fifth frame for ever',
    () => ({ kind: 'chip-stall', frames: { from: 4, count: 1 } }),
  ],
];

const NO_LIMIT = 'No source tells how long it waits for a command.';

/** Every trouble is over after this time. */
const OVER = seconds(15);

/** Gives a command that meets the trouble, and waits until the trouble is over. */
async function meet(
  board: Board,
  faults: FaultPanel,
  fault: Fault,
  act: () => Promise<unknown>,
): Promise<void> {
  await faults.set(fault);
  await act();
  await faults.clear();
  await board.clock.sleep(OVER);
}

const attempt = (driver: HostDriver): Promise<number> =>
  driver.transmit(GET_RANDOM_8).then(
    ({ length }) => length,
    () => 0,
  );

/** Number of bytes in the responses to two commands. The first may be a rest of the trouble. [BUGS L-42] */
async function recovered(driver: HostDriver): Promise<number> {
  await attempt(driver);
  return attempt(driver);
}

test.describe('after', () => {
  test.use({
    needs: ['virtual-time', 'faults'],
    forDrivers: both(
      BINDING,
      driversThat(({ commands }) => commands !== undefined, NO_LIMIT),
    ),
  });

  for (const [what, faultFor] of TROUBLES) {
    for (const times of [1, 3])
      test(
        `${what}, ${times === 1 ? 'once' : `${times} times in a row`}, the driver works again, at the latest with the second command`,
        { annotation: source('DRIVER 2.5', 'DRIVER 3.1', 'BUGS L-42') },
        async ({ board, driver, faults, datasheet, step }) => {
          const time = plus(datasheet.commands!.randomLimit, ms(2000));
          const fault = faultFor({ kind: 'chip-slow-command', time, commands: { count: 1 } });
          await step(`1. meet it ${times} times, with 15 s after each`, async () => {
            for (let i = 0; i < times; i++) await meet(board, faults, fault, () => attempt(driver));
          });
          await step('2. send GetRandom(8) twice', async () => {
            expect(await recovered(driver)).toBe(20);
          });
          await step('3. find the locality held or given back, as after every command', async () => {
            const isKept = datasheet.locality === 'kept';
            expect(hex(await readRegister(board, TPM_ACCESS))).toBe(isKept ? 'a0' : '80');
          });
        },
      );

    test(
      `${what}, with two callers at once, each caller gets an answer of its own again`,
      { annotation: source('DRIVER 3.1', 'BUGS L-42') },
      async ({ board, driver, faults, datasheet, step }) => {
        const time = plus(datasheet.commands!.randomLimit, ms(2000));
        const fault = faultFor({ kind: 'chip-slow-command', time, commands: { count: 1 } });
        await step('1. meet it with two callers', () =>
          meet(board, faults, fault, () =>
            board.clock.together([() => attempt(driver), () => attempt(driver)]),
          ),
        );
        const lengths = await step('2. let two callers send GetRandom(8) four times each', () =>
          board.clock.together(
            [1, 2].map(() => async () => {
              const all: number[] = [];
              for (let i = 0; i < 4; i++) all.push(await attempt(driver));
              return all;
            }),
          ),
        );
        await step('3. find the later answers of both whole', () => {
          expect(lengths.map((all) => all.slice(-2))).toEqual([
            [20, 20],
            [20, 20],
          ]);
        });
      },
    );
  }

  test.describe('a command that outlasts its limit', () => {
    test.use({
      forDrivers: both(
        BINDING,
        driversThat(({ locality }) => locality === 'each command', 'It keeps the locality.'),
        driversThat(({ commands }) => commands !== undefined, NO_LIMIT),
      ),
    });

    test(
      'the locality is given back, as after any other',
      { annotation: source('DRIVER 2.3', 'DRIVER 3.1') },
      async ({ board, driver, faults, datasheet, step }) => {
        const time = plus(datasheet.commands!.randomLimit, ms(2000));
        await step('1. let a command outlast its limit', () =>
          meet(board, faults, { kind: 'chip-slow-command', time, commands: { count: 1 } }, () =>
            attempt(driver),
          ),
        );
        await step('2. read TPM_ACCESS past the driver', async () => {
          expect(hex(await readRegister(board, TPM_ACCESS))).toBe('80');
        });
      },
    );
  });
});
