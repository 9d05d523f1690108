import type { FrameSeen } from '../../fixtures/index.ts';
import {
  commandFrames,
  expect,
  hex,
  responseFrames,
  source,
  test,
  TPM_DATA_FIFO,
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

test.describe('command through the FIFO', () => {
  for (const size of [12, 63, 64, 65, 2048])
    test(
      `a command of ${size} bytes goes out in as few frames as the driver makes of it`,
      { annotation: source('DRIVER 2.5', 'CHIP 4.3', 'CHIP 5.1') },
      async ({ driver, wires, datasheet, step }) => {
        let answer = new Uint8Array();
        const sight = await step('1. send a command that the TPM does not know', () =>
          wires.during(async () => {
            answer = Uint8Array.from(await driver.transmit(unknownCommand(size)));
          }),
        );
        await step('2. find TPM_RC_COMMAND_CODE, and the frames', () => {
          expect(hex(answer)).toBe('80 01 00 00 00 0a 00 00 01 43');
          expect(sizes(sight.frames, 'write')).toEqual(commandFrames(datasheet, size));
        });
      },
    );
});

test.describe('response through the FIFO', () => {
  test.use({ needs: ['faults'] });

  for (const size of [10, 63, 64, 2048])
    test(
      `a response of ${size} bytes comes in whole, in as few frames as the driver makes of it`,
      { annotation: source('DRIVER 2.6', 'CHIP 4.3', 'CHIP 10.4') },
      async ({ driver, wires, faults, datasheet, step }) => {
        await step(`1. make the answers ${size} bytes long`, () =>
          faults.set({ kind: 'chip-long-response', size }),
        );
        let answer = new Uint8Array();
        const sight = await step('2. send a command', () =>
          wires.during(async () => {
            answer = Uint8Array.from(await driver.transmit(unknownCommand(12)));
          }),
        );
        await step('3. compare the answer byte for byte, and the frames', () => {
          const wanted = Array.from({ length: size }, (_, at) => at & 0xff);
          wanted.splice(0, 10, 0x80, 0x01, 0, 0, size >> 8, size & 0xff, 0, 0, 0, 0);
          expect([...answer]).toEqual(wanted);
          expect(sizes(sight.frames, 'read')).toEqual(responseFrames(datasheet, size));
        });
      },
    );
});
