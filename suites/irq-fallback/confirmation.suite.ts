import { CREDULOUS, expect, expected, source, test } from '../../fixtures/index.ts';
import type { PerProfile } from '../../fixtures/index.ts';

const NOT_CONFIRMED = 'IRQ not confirmed - will use delays';

const confirmed = (attempt: number): string => `TPM ready IRQ confirmed on attempt ${attempt}`;

/** The attempt that a line of the log tells of; giving up comes after every attempt. */
const attemptOf = (text: string): number =>
  text === NOT_CONFIRMED ? Infinity : Number(/^TPM ready IRQ confirmed on attempt (\d+)$/.exec(text)?.[1]);

/**
 * What is logged when the first pulses are missing. The kernel's drivers believe one pulse and give up at the fourth
 * check; `recommended` wants two pulses, has no check before the first access, and gives up at the sixteenth.
 */
const CASES: readonly { readonly missing: number; readonly says: PerProfile<string> }[] = [
  {
    missing: 0,
    says: { 'cr50-spi-v1': confirmed(1), 'linux-6.1': confirmed(2), recommended: confirmed(2) },
  },
  {
    missing: 1,
    says: { 'cr50-spi-v1': confirmed(2), 'linux-6.1': confirmed(3), recommended: confirmed(3) },
  },
  {
    missing: 2,
    says: { 'cr50-spi-v1': confirmed(3), 'linux-6.1': confirmed(4), recommended: confirmed(4) },
  },
  {
    missing: 3,
    says: { 'cr50-spi-v1': NOT_CONFIRMED, 'linux-6.1': NOT_CONFIRMED, recommended: confirmed(5) },
  },
  {
    missing: 13,
    says: { 'cr50-spi-v1': NOT_CONFIRMED, 'linux-6.1': NOT_CONFIRMED, recommended: confirmed(15) },
  },
  {
    missing: 16,
    says: { 'cr50-spi-v1': NOT_CONFIRMED, 'linux-6.1': NOT_CONFIRMED, recommended: NOT_CONFIRMED },
  },
];

test.describe('confirmation', () => {
  test.use({ needs: ['ready-line', 'faults'], allBut: CREDULOUS });

  for (const { missing, says } of CASES)
    test(
      `with the first ${missing} pulses missing the attempt is counted as the profile counts`,
      { annotation: source('DRIVER 1.4') },
      async ({ board, anyDriver: driver, faults, profile, step }) => {
        await step(`1. leave out ${missing} pulses`, () =>
          faults.set({ kind: 'ready-missing', frames: { count: missing } }),
        );
        await step('2. bind the driver', () => driver.probe());
        await step('3. find the outcome in the log, once', () => {
          const outcome = driver.log.filter(({ text }) => /IRQ (not )?confirmed/.test(text));
          expect(outcome).toHaveLength(1);
          const attempt = attemptOf(outcome[0]!.text);
          const wanted = attemptOf(expected(says, profile.name));
          // A pulse may reach an emulated host too late for its attempt, and never too early.
          expect(attempt).toBeGreaterThanOrEqual(wanted);
          expect(attempt).toBeLessThanOrEqual(board.clock.slack === undefined ? wanted : Infinity);
        });
      },
    );

  test(
    'a line that never pulses is given up before frame 4 of the kernel drivers, before frame 17 of recommended',
    { annotation: source('DRIVER 1.4', 'BUGS L-07') },
    async ({ anyDriver: driver, faults, wires, profile, step }) => {
      await step('1. cut the line', () => faults.set({ kind: 'ready-open' }));
      const sight = await step('2. bind the driver', () => wires.during(() => driver.probe()));
      await step('3. count the frames before the warning', () => {
        expect(driver).toHaveLogged(NOT_CONFIRMED, 1);
        const warned = driver.log.find(({ text }) => text === NOT_CONFIRMED)!.at;
        expect(sight.frames.filter(({ fall }) => fall < warned)).toHaveLength(
          expected({ 'cr50-spi-v1': 3, 'linux-6.1': 3, recommended: 16 }, profile.name),
        );
      });
      await step('4. find the driver working with delays', async () => {
        expect(driver.trust).toBe('given-up');
        expect(await driver.random(8)).toHaveLength(8);
      });
    },
  );
});
