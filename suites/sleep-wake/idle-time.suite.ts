import { expect, expected, longAfterBoot, ms, source, test } from '../../fixtures/index.ts';
import type { PerProfile } from '../../fixtures/index.ts';

/** The kernel's drivers wake the chip from 1000 ms on, `recommended` from 900 ms on. [DRIVER 1.1] [BUGS L-12] */
const CASES: readonly { readonly idle: number; readonly pulses: PerProfile<number> }[] = [
  ...[1, 100, 500, 890].map((idle) => ({
    idle,
    pulses: { 'cr50-spi-v1': 0, 'linux-6.1': 0, recommended: 0 },
  })),
  ...[910, 950, 990].map((idle) => ({
    idle,
    pulses: { 'cr50-spi-v1': 0, 'linux-6.1': 0, recommended: 1 },
  })),
  ...[1010, 1100, 5000, 60_000, 3_600_000].map((idle) => ({
    idle,
    pulses: { 'cr50-spi-v1': 1, 'linux-6.1': 1, recommended: 1 },
  })),
];

/** A host in real time adds some of its own to an idle time, and takes as long as it says. */
const isExact = (idle: number): boolean => (idle > 500 && idle < 1100) || idle > 5000;

test.describe('idle time', () => {
  for (const { idle, pulses } of CASES)
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
            expect(sight.wakePulses).toHaveLength(expected(pulses, profile.name));
          });
        },
      );
    });

  test.describe(() => {
    test.use({ needs: ['virtual-time'] });
    test(
      'traffic every 300 ms for 30 s needs no wake pulse',
      { annotation: source('DRIVER 1.5') },
      async ({ board, anyStack: stack, wires, step }) => {
        const sight = await step('1. ask for 8 random bytes 100 times, 300 ms apart', () =>
          wires.during(async () => {
            for (let i = 0; i < 100; i++) {
              await stack.random(8);
              await board.clock.sleep(ms(300));
            }
          }),
        );
        await step('2. count commands and wake pulses', () => {
          expect([sight.commands.length, sight.wakePulses.length]).toEqual([100, 0]);
        });
      },
    );
  });
});
