import type { PerProfile } from '../../fixtures/index.ts';
import {
  ENDLESS,
  errnoOf,
  between,
  expect,
  expected,
  forAll,
  KERNEL,
  ms,
  plus,
  seconds,
  times,
  source,
  test,
  TPM_DID_VID,
  TPM_RID,
  UNPACED,
} from '../../fixtures/index.ts';

const TIMEOUT = 'Timeout during flow control';

const IMPATIENT = { depthcharge: 'it gives up after 10 ms' };
const BRIEF = { ...IMPATIENT, coreboot: 'it gives up after 100 ms', windows: 'it gives up after 100 ms' };

/** What a read comes to, and how often the log tells of a time-out. */
type Outcome = readonly [outcome: string, timeouts: number];
const VALUE: Outcome = ['value', 0];
const REPEATED: Outcome = ['value', 1];
const GIVEN_UP: Outcome = ['-16', 1];
const PATIENT = ['ftdi-bench', 'opentitan'];
const LINUX = [...KERNEL, 'recommended'];

test.describe('stall', () => {
  test.use({ needs: ['faults', 'virtual-time'], allBut: UNPACED });

  // 13 us each: 1,000 take 13 ms.
  for (const { waitBytes, allBut } of [
    { waitBytes: 1, allBut: UNPACED },
    { waitBytes: 10, allBut: UNPACED },
    { waitBytes: 100, allBut: UNPACED },
    { waitBytes: 1000, allBut: { ...UNPACED, ...IMPATIENT } },
    { waitBytes: 10_000, allBut: { ...UNPACED, ...BRIEF } },
  ])
    test.describe(`of ${waitBytes} wait bytes`, () => {
      test.use({ allBut });
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
            expect(sight.frames[0]!.sent.subarray(4)).toEqual(
              new Uint8Array(sight.frames[0]!.sent.length - 4),
            );
          });
        },
      );
    });

  for (const { time, outcome } of [
    { time: 9, outcome: forAll([...LINUX, ...PATIENT, ...Object.keys(BRIEF)], VALUE) },
    {
      time: 90,
      outcome: { ...forAll([...LINUX, ...PATIENT, 'coreboot', 'windows'], VALUE), depthcharge: GIVEN_UP },
    },
    {
      time: 110,
      outcome: { ...forAll([...LINUX, ...PATIENT], VALUE), ...forAll(Object.keys(BRIEF), GIVEN_UP) },
    },
    {
      time: 740,
      outcome: { ...forAll([...LINUX, ...PATIENT], VALUE), ...forAll(Object.keys(BRIEF), GIVEN_UP) },
    },
    {
      time: 770,
      outcome: {
        ...forAll(PATIENT, VALUE),
        recommended: REPEATED,
        ...forAll([...KERNEL, ...Object.keys(BRIEF)], GIVEN_UP),
      },
    },
  ] satisfies readonly { time: number; outcome: PerProfile<Outcome> }[])
    test(
      `a stall of ${time} ms is judged by the limit of the profile; recommended asks once more`,
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
          const [wanted, timeouts] = expected(outcome, profile.name);
          expect(seen).toBe(wanted);
          expect(stack).toHaveLogged(TIMEOUT, timeouts);
        });
      },
    );

  test.describe('without end', () => {
    test.use({ allBut: ENDLESS });
    test(
      'a stall without end costs the limit of the profile for each try and ends with -16',
      { annotation: source('DRIVER 1.6') },
      async ({ board, stack, faults, profile, step }) => {
        await step('1. stall every frame', () => faults.set({ kind: 'chip-stall' }));
        const before = board.clock.now();
        await step('2. read TPM_RID', () =>
          expect(stack.phy.read8(TPM_RID)).rejects.toMatchObject({ errno: -16 }),
        );
        await step('3. measure the time', () => {
          const limit = expected(
            {
              ...forAll(KERNEL, ms(750)),
              recommended: times(ms(750), 2),
              ...forAll(['coreboot', 'windows'], ms(100)),
              depthcharge: ms(10),
              // None in the original; ours.
              'ftdi-bench': seconds(2),
            },
            profile.name,
          );
          expect(between(before, board.clock.now())).toBeWithin(limit, plus(limit, ms(100)));
        });
      },
    );
  });

  test(
    'a ready bit in the header is not believed, except by the tool that was written for it',
    { annotation: source('BUGS K-54', 'CHIP 7') },
    async ({ stack, faults, profile, step }) => {
      await step('1. let the chip say ready too early in the next frame', () =>
        faults.set({ kind: 'chip-early-ready', frames: { count: 1 } }),
      );
      await step('2. read TPM_DID_VID', async () => {
        const isRight = (await stack.phy.read32(TPM_DID_VID)) === 0x00281ae0;
        expect(isRight).toBe(
          expected(
            { ...forAll([...LINUX, ...Object.keys(BRIEF), 'opentitan'], true), 'ftdi-bench': false },
            profile.name,
          ),
        );
      });
    },
  );
});

test.describe('stall on a host without the ready pulse', () => {
  // With it the wait for a pulse that cannot come lasts until the wake pulse heals the frame.
  test.use({ needs: ['faults', 'virtual-time'], hasInterrupt: false, allBut: ENDLESS });

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
              ...forAll(KERNEL, { isReleased: false, isRight: false }),
              ...forAll(['recommended', ...Object.keys(BRIEF), 'ftdi-bench'], {
                isReleased: true,
                isRight: true,
              }),
            },
            profile.name,
          ),
        );
      });
    },
  );
});
