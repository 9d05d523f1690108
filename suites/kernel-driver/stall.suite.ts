import { expect, ms, seconds, source, test } from '../../fixtures/index.ts';

const TIMEOUT = 'Timeout during flow control';

test.describe('stall of the kernel driver', () => {
  test.use({ needs: ['kernel', 'faults'] });

  test(
    'a frame stalled for 100 ms is waited out',
    { annotation: source('DRIVER 1.6', 'CHIP 1.4') },
    async ({ anyStack, faults, step }) => {
      await step('1. stall one frame of a command for 100 ms', async () => {
        await faults.set({ kind: 'chip-stall-time', time: ms(100), frames: { from: 3, count: 1 } });
        expect(await anyStack.random(8)).toHaveLength(8);
      });
      await step('2. find no time-out in the kernel log', () => {
        expect(anyStack).not.toHaveLogged(TIMEOUT);
      });
    },
  );

  test(
    'a frame stalled for 3 s is given up with a time-out in the log, and the driver works again',
    { annotation: source('DRIVER 1.6', 'BUGS L-30') },
    async ({ board, anyStack, faults, step }) => {
      await step('1. stall one frame of a command for 3 s', async () => {
        await faults.set({ kind: 'chip-stall-time', time: seconds(3), frames: { from: 3, count: 1 } });
        await anyStack.random(8).catch(() => undefined);
      });
      await step('2. find the time-out in the kernel log', () => {
        expect(anyStack).toHaveLogged(TIMEOUT);
      });
      await step('3. wait until the wake pulse can end the frame, ask twice', async () => {
        await faults.clear();
        await board.clock.sleep(seconds(3));
        await anyStack.random(8).catch(() => undefined);
        expect(await anyStack.random(8)).toHaveLength(8);
      });
    },
  );

  test(
    'a ready bit in the header is not believed',
    { annotation: source('BUGS K-54', 'CHIP 7') },
    async ({ anyStack, faults, step }) => {
      await step('1. let the chip say ready too early in every frame', () =>
        faults.set({ kind: 'chip-early-ready' }),
      );
      await step('2. ask for 8 random bytes', async () => {
        expect(await anyStack.random(8)).toHaveLength(8);
      });
    },
  );
});
