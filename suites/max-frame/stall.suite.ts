import type { PerProfile } from '../../fixtures/index.ts';
import {
  errnoOf,
  between,
  expect,
  expected,
  ms,
  source,
  test,
  TPM_DID_VID,
  TPM_RID,
} from '../../fixtures/index.ts';

const TIMEOUT = 'Timeout during flow control';

test.describe('stall', () => {
  test.use({ needs: ['faults', 'virtual-time'] });

  for (const waitBytes of [1, 10, 100, 1000, 10_000])
    test(
      `${waitBytes} wait bytes more are waited out in one frame`,
      { annotation: source('DRIVER 1.6', 'CHIP 1.4', 'BUGS K-12') },
      async ({ stack, faults, wires, step }) => {
        await step('1. stall the next frame', () =>
          faults.set({ kind: 'chip-stall', waitBytes, frames: { count: 1 } }),
        );
        let identity = 0;
        const sight = await step('2. read TPM_DID_VID', () =>
          wires.during(async () => {
            identity = await stack.phy.read32(TPM_DID_VID);
          }),
        );
        await step('3. find the value, one frame, and its wait bytes, all polled with 00', () => {
          expect(identity).toBe(0x00281ae0);
          expect(sight.frames).toHaveLength(1);
          expect(sight.frames[0]!.waitBytes).toBeGreaterThanOrEqual(waitBytes);
          expect(sight.frames[0]!.sent.subarray(4)).toEqual(new Uint8Array(sight.frames[0]!.sent.length - 4));
        });
      },
    );

  for (const { time, outcome } of [
    { time: 100, outcome: { 'cr50-spi-v1': 'value', 'linux-6.1': 'value', recommended: 'value' } },
    { time: 740, outcome: { 'cr50-spi-v1': 'value', 'linux-6.1': 'value', recommended: 'value' } },
    { time: 770, outcome: { 'cr50-spi-v1': '-16', 'linux-6.1': '-16', recommended: 'value' } },
  ] satisfies readonly { time: number; outcome: PerProfile<string> }[])
    test(
      `a stall of ${time} ms is judged by the limit of 750 ms; recommended asks once more`,
      { annotation: source('DRIVER 1.6', 'BUGS L-30', 'BUGS L-33') },
      async ({ stack, faults, profile, step }) => {
        await step('1. stall the next frame', () =>
          faults.set({ kind: 'chip-stall-time', time: ms(time), frames: { count: 1 } }),
        );
        const seen = await step('2. read TPM_DID_VID', () =>
          stack.phy.read32(TPM_DID_VID).then(
            (value) => (value === 0x00281ae0 ? 'value' : `0x${value.toString(16)}`),
            (error: unknown) => String(errnoOf(error)),
          ),
        );
        await step('3. compare, and count the time-outs in the log', () => {
          expect(seen).toBe(expected(outcome, profile.name));
          expect(stack).toHaveLogged(TIMEOUT, time > 750 ? 1 : 0);
        });
      },
    );

  test(
    'a stall without end costs 750 ms for each try and ends with -16',
    { annotation: source('DRIVER 1.6') },
    async ({ board, stack, faults, profile, step }) => {
      await step('1. stall every frame', () => faults.set({ kind: 'chip-stall' }));
      const before = board.clock.now();
      await step('2. read TPM_RID', () =>
        expect(stack.phy.read8(TPM_RID)).rejects.toMatchObject({ errno: -16 }),
      );
      await step('3. measure the time', () => {
        const tries = expected({ 'cr50-spi-v1': 1, 'linux-6.1': 1, recommended: 2 }, profile.name);
        const time = between(before, board.clock.now());
        expect(time).toBeWithin(ms(750 * tries), ms(800 * tries));
      });
    },
  );

  test(
    'a ready bit in the header is not believed',
    { annotation: source('BUGS K-54', 'CHIP 7') },
    async ({ stack, faults, step }) => {
      await step('1. let the chip say ready too early in the next frame', () =>
        faults.set({ kind: 'chip-early-ready', frames: { count: 1 } }),
      );
      await step('2. read TPM_DID_VID', async () => {
        expect(await stack.phy.read32(TPM_DID_VID)).toBe(0x00281ae0);
      });
    },
  );
});

test.describe('stall on a host without the ready pulse', () => {
  // With it the wait for a pulse that cannot come lasts until the wake pulse heals the frame.
  test.use({ needs: ['faults', 'virtual-time'], hasInterrupt: false });

  test(
    'CS is released after a stall without end, except by the kernel drivers, whose next frame then goes on with the old one',
    { annotation: source('BUGS K-01', 'BUGS L-02', 'BUGS L-03') },
    async ({ stack, faults, wires, profile, step }) => {
      await step('1. stall one frame and its repetition', async () => {
        await faults.set({ kind: 'chip-stall', frames: { count: 2 } });
        await stack.phy.read8(TPM_RID).catch(() => undefined);
        await faults.clear();
      });
      const isRight = await step('2. read TPM_DID_VID', () =>
        stack.phy.read32(TPM_DID_VID).then(
          (value) => value === 0x00281ae0,
          () => false,
        ),
      );
      await step('3. look how the stalled frame ended, and whether the next one was understood', () => {
        const ending = wires.since().frames.find((frame) => frame.ending !== 'complete')?.ending;
        expect({ isReleased: ending !== 'held', isRight }).toEqual(
          expected(
            {
              'cr50-spi-v1': { isReleased: false, isRight: false },
              'linux-6.1': { isReleased: false, isRight: false },
              recommended: { isReleased: true, isRight: true },
            },
            profile.name,
          ),
        );
      });
    },
  );
});
