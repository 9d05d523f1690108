import { expect, LOGGED, ms, seconds, source, test } from '../../fixtures/index.ts';

test.describe('stall of the kernel driver', () => {
  test.use({ needs: ['kernel', 'faults'] });

  test(
    'a frame stalled for 100 ms is waited out',
    { annotation: source('DRIVER 1.6', 'CHIP 1.4') },
    async ({ driver, faults, step }) => {
      await step('1. stall one frame of a command for 100 ms', async () => {
        await faults.set({ kind: 'chip-stall-time', time: ms(100), frames: { from: 3, count: 1 } });
        expect(await driver.random(8)).toHaveLength(8);
      });
      await step('2. find no time-out in the kernel log', () => {
        expect(driver).not.toHaveLogged(LOGGED.stallTimeout);
      });
    },
  );

  test(
    'a frame stalled for 3 s is given up with a time-out in the log, and the driver works again',
    { annotation: source('DRIVER 1.6', 'BUGS L-30') },
    async ({ board, driver, faults, step }) => {
      await step('1. stall one frame of a command for 3 s', async () => {
        await faults.set({ kind: 'chip-stall-time', time: seconds(3), frames: { from: 3, count: 1 } });
        await driver.random(8).catch(() => undefined);
      });
      await step('2. find the time-out in the kernel log', () => {
        expect(driver).toHaveLogged(LOGGED.stallTimeout);
      });
      await step('3. wait until the wake pulse can end the frame, ask twice', async () => {
        await faults.clear();
        await board.clock.sleep(seconds(3));
        await driver.random(8).catch(() => undefined);
        expect(await driver.random(8)).toHaveLength(8);
      });
    },
  );

  test(
    'a ready bit in the header is not believed',
    { annotation: source('BUGS K-54', 'CHIP 7') },
    async ({ driver, faults, step }) => {
      await step('1. let the chip say ready too early in every frame', () =>
        faults.set({ kind: 'chip-early-ready' }),
      );
      await step('2. ask for 8 random bytes', async () => {
        expect(await driver.random(8)).toHaveLength(8);
      });
    },
  );
});
