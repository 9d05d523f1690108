import {
  expect,
  expected,
  forAll,
  KERNEL,
  longAfterBoot,
  ms,
  POKED_ONCE,
  source,
  test,
} from '../../fixtures/index.ts';
import type { PerProfile, Sight } from '../../fixtures/index.ts';

/** Wake pulses of one command: a number, or one for each frame. */
type Pulses = number | 'each frame';

/**
 * The kernel's drivers wake the chip from 1000 ms on, three others from 900 ms on, two before every frame.
 * [DRIVER 1.1] [BUGS L-12] [CHIP 2]
 */
const pulses = (kernel: number, early: number): PerProfile<Pulses> => ({
  ...forAll<Pulses>(KERNEL, kernel),
  ...forAll(['recommended', 'coreboot', 'opentitan'], early),
  ...forAll(['depthcharge', 'windows'], 'each frame' as const),
});

const CASES: readonly { readonly idle: number; readonly wanted: PerProfile<Pulses> }[] = [
  ...[1, 100, 500, 890].map((idle) => ({ idle, wanted: pulses(0, 0) })),
  ...[910, 950, 990].map((idle) => ({ idle, wanted: pulses(0, 1) })),
  ...[1010, 1100, 5000, 60_000, 3_600_000].map((idle) => ({ idle, wanted: pulses(1, 1) })),
];

const countOf = (wanted: Pulses, { frames }: Sight): number =>
  wanted === 'each frame' ? frames.length : wanted;

/** A host in real time adds some of its own to an idle time, and takes as long as it says. */
const isExact = (idle: number): boolean => (idle > 500 && idle < 1100) || idle > 5000;

test.describe('idle time', () => {
  test.use({ allBut: POKED_ONCE });

  for (const { idle, wanted } of CASES)
    test.describe(() => {
      test.use({ needs: isExact(idle) ? ['virtual-time'] : [] });
      test(
        `after ${idle} ms without a command the driver wakes the chip no more and no less often than it has to`,
        { annotation: source('DRIVER 1.5', 'CHIP 2') },
        async ({ board, anyStack: stack, wires, profile, step }) => {
          await step('1. ask for 8 random bytes, long after boot', () =>
            longAfterBoot(board, stack, ms(idle)),
          );
          await step(`2. idle for ${idle} ms`, () => board.clock.sleep(ms(idle)));
          const sight = await step('3. ask again', () => wires.during(() => stack.random(8)));
          await step('4. count the wake pulses', () => {
            expect(sight.wakePulses).toHaveLength(countOf(expected(wanted, profile.name), sight));
          });
        },
      );
    });

  test.describe(() => {
    test.use({ needs: ['virtual-time'] });
    test(
      'traffic every 300 ms for 30 s needs no wake pulse, except of drivers that wake the chip before every frame',
      { annotation: source('DRIVER 1.5') },
      async ({ board, anyStack: stack, wires, profile, step }) => {
        const sight = await step('1. ask for 8 random bytes 100 times, 300 ms apart', () =>
          wires.during(async () => {
            for (let i = 0; i < 100; i++) {
              await stack.random(8);
              await board.clock.sleep(ms(300));
            }
          }),
        );
        await step('2. count commands and wake pulses', () => {
          const wakePulses = countOf(expected(pulses(0, 0), profile.name), sight);
          expect([sight.commands.length, sight.wakePulses.length]).toEqual([100, wakePulses]);
        });
      },
    );
  });
});
