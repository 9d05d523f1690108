import type { FrameSeen, PerProfile } from '../../fixtures/index.ts';
import {
  expect,
  expected,
  forAll,
  KERNEL,
  source,
  test,
  TPM_DATA_FIFO,
  UNPACED,
} from '../../fixtures/index.ts';

/** A command that this TPM does not know, of any length: only its way through the FIFO matters. */
function unknownCommand(size: number): Uint8Array {
  const command = Uint8Array.from({ length: size }, (_, at) => at & 0xff);
  command.set([0x80, 0x01, 0, 0, size >> 8, size & 0xff, 0, 0, 0x01, 0x99]);
  return command;
}

const sizes = (frames: readonly FrameSeen[], direction: 'read' | 'write'): number[] =>
  frames
    .filter((frame) => frame.register === TPM_DATA_FIFO && frame.direction === direction)
    .map(({ data }) => data.length);

const times = (count: number, size: number): number[] => Array<number>(count).fill(size);

const STEPWISE = KERNEL;
/** What the host drivers leave open is as in `recommended`. */
const BURST = ['recommended', 'coreboot', 'depthcharge', 'windows', 'ftdi-bench', 'opentitan'];

/** burstCount is 63; the kernel's drivers keep the last byte for a frame of its own. [DRIVER 2.5] [CHIP 4.3] */
const WRITES: readonly { readonly size: number; readonly frames: PerProfile<readonly number[]> }[] = [
  { size: 12, frames: { ...forAll(STEPWISE, [11, 1]), ...forAll(BURST, [12]) } },
  { size: 63, frames: { ...forAll(STEPWISE, [62, 1]), ...forAll(BURST, [63]) } },
  { size: 64, frames: { ...forAll(STEPWISE, [63, 1]), ...forAll(BURST, [63, 1]) } },
  { size: 65, frames: { ...forAll(STEPWISE, [63, 1, 1]), ...forAll(BURST, [63, 2]) } },
  {
    size: 2048,
    frames: {
      ...forAll(STEPWISE, [...times(32, 63), 31, 1]),
      ...forAll(BURST, [...times(32, 63), 32]),
    },
  },
];

/** The kernel's drivers read the header first and then the rest, at most burstCount at a time. [DRIVER 2.6] */
const READS: readonly { readonly size: number; readonly frames: PerProfile<readonly number[]> }[] = [
  { size: 10, frames: { ...forAll(STEPWISE, [10]), ...forAll(BURST, [10]) } },
  { size: 63, frames: { ...forAll(STEPWISE, [10, 53]), ...forAll(BURST, [63]) } },
  { size: 64, frames: { ...forAll(STEPWISE, [10, 54]), ...forAll(BURST, [63, 1]) } },
  {
    size: 2048,
    frames: {
      ...forAll(STEPWISE, [10, ...times(32, 63), 22]),
      ...forAll(BURST, [...times(32, 63), 32]),
    },
  },
];

test.use({ allBut: UNPACED });

test.describe('command through the FIFO', () => {
  for (const { size, frames } of WRITES)
    test(
      `a command of ${size} bytes goes out in as few frames as the profile needs`,
      { annotation: source('DRIVER 2.5', 'CHIP 4.3', 'CHIP 5.1') },
      async ({ anyStack: stack, wires, profile, step }) => {
        let answer = new Uint8Array();
        const sight = await step('1. send a command that the TPM does not know', () =>
          wires.during(async () => {
            answer = Uint8Array.from(await stack.transmit(unknownCommand(size)));
          }),
        );
        await step('2. find TPM_RC_COMMAND_CODE, and the frames', () => {
          expect([...answer]).toEqual([0x80, 0x01, 0, 0, 0, 0x0a, 0, 0, 0x01, 0x43]);
          expect(sizes(sight.frames, 'write')).toEqual(expected(frames, profile.name));
        });
      },
    );
});

test.describe('response through the FIFO', () => {
  test.use({ needs: ['faults'] });

  for (const { size, frames } of READS)
    test(
      `a response of ${size} bytes comes in whole, in as few frames as the profile needs`,
      { annotation: source('DRIVER 2.6', 'CHIP 4.3', 'CHIP 10.4') },
      async ({ anyStack: stack, wires, faults, profile, step }) => {
        await step(`1. make the answers ${size} bytes long`, () =>
          faults.set({ kind: 'chip-long-response', size }),
        );
        let answer = new Uint8Array();
        const sight = await step('2. send a command', () =>
          wires.during(async () => {
            answer = Uint8Array.from(await stack.transmit(unknownCommand(12)));
          }),
        );
        await step('3. compare the answer byte for byte, and the frames', () => {
          const wanted = Array.from({ length: size }, (_, at) => at & 0xff);
          wanted.splice(0, 10, 0x80, 0x01, 0, 0, size >> 8, size & 0xff, 0, 0, 0, 0);
          expect([...answer]).toEqual(wanted);
          expect(sizes(sight.frames, 'read')).toEqual(expected(frames, profile.name));
        });
      },
    );
});
