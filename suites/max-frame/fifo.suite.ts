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

/** Every length up to five bursts, and lengths around the maximum of the chip. [CHIP 5.1] */
const LENGTHS = [
  ...Array.from({ length: 306 }, (_, at) => at + 10),
  ...[504, 505, 567, 1008, 1023, 1024, 1025, 1953, 2016, 2017, 2045, 2046, 2047, 2048],
];

test.describe('every length', () => {
  test(
    'a command of every length from 10 to 315 bytes, and of lengths up to 2048, reaches the TPM whole',
    { annotation: source('DRIVER 2.5', 'CHIP 5.1') },
    async ({ driver, step }) => {
      const wrong = await step('1. send commands that the TPM does not know', async () => {
        const lengths: string[] = [];
        for (const size of LENGTHS) {
          const answer = await driver.transmit(unknownCommand(size)).then(hex, String);
          if (answer !== '80 01 00 00 00 0a 00 00 01 43') lengths.push(`${size}: ${answer}`);
        }
        return lengths;
      });
      await step('2. find TPM_RC_COMMAND_CODE for each', () => {
        expect(wrong).toEqual([]);
      });
    },
  );

  test.describe('of a response', () => {
    test.use({ needs: ['faults'] });

    test(
      'a response of every length from 10 to 315 bytes, and of lengths up to 2048, reaches the caller whole',
      { annotation: source('DRIVER 2.6', 'CHIP 5.1') },
      async ({ driver, faults, step }) => {
        const wrong = await step('1. send commands whose answers have these lengths', async () => {
          const lengths: number[] = [];
          for (const size of LENGTHS) {
            await faults.set({ kind: 'chip-long-response', size, commands: { count: 1 } });
            const answer = await driver.transmit(unknownCommand(12)).catch(() => new Uint8Array());
            const isRight =
              answer.length === size && answer.subarray(10).every((byte, at) => byte === ((at + 10) & 0xff));
            if (!isRight) lengths.push(size);
          }
          return lengths;
        });
        await step('2. find each byte where it belongs', () => {
          expect(wrong).toEqual([]);
        });
      },
    );
  });
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
