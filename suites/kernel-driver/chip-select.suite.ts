import { between, expect, LOGGED, seconds, source, test } from '../../fixtures/index.ts';

/** The driver gives up flow control after 750 ms; where CS stays asserted, the next wake pulse ends it, 750 ms later. */
const HELD = seconds(1);

/** After this time from the probe, the kernel's background reader is done, as seen in the virtual lab. */
const QUIET = seconds(1.5);

test.describe('chip select', () => {
  test.use({ needs: ['kernel', 'faults'] });

  test(
    'known bug K-01: after a time-out in flow control CS stays asserted until the next wake pulse on kernels that have the bug, and rises on others',
    { annotation: source('BUGS K-01') },
    async ({ board, driver, faults, wires, datasheet, step }) => {
      await step('0. let the kernel fill its random pool', () => board.clock.sleep(QUIET));
      const sight = await step('1. stall one frame of a command, then send another', () =>
        wires.during(async () => {
          await faults.set({ kind: 'chip-stall', frames: { from: 3, count: 1 } });
          await Promise.allSettled([driver.random(8)]);
          await faults.clear();
          await Promise.allSettled([driver.random(8)]);
        }),
      );
      await step('2. find the time-out in the kernel log', () => {
        expect(driver).toHaveLogged(LOGGED.stallTimeout);
      });
      await step('3. find CS asserted for more than 1 s with the bug, for less without it', () => {
        const longest = sight.frames.reduce((a, b) =>
          between(b.fall, b.rise) > between(a.fall, a.rise) ? b : a,
        );
        expect(between(longest.fall, longest.rise) > HELD).toBe(datasheet.holdsCsAfterStall);
      });
    },
  );
});
