import { expect, expected, hex, rawFrame, source, test, TPM_ACCESS } from '../../fixtures/index.ts';
import type { Sight } from '../../fixtures/index.ts';

const READ_ACCESS = `80 d4 00 00${' 00'.repeat(64)}`;

const accessWrites = ({ frames }: Sight): string[] =>
  frames
    .filter(({ register, direction }) => register === TPM_ACCESS && direction === 'write')
    .map(({ data }) => hex(data));

test.describe('locality', () => {
  test(
    'a command claims locality 0 and gives it back, or keeps it from the start',
    { annotation: source('DRIVER 2.3', 'DRIVER 3.1', 'CHIP 4.2') },
    async ({ anyStack: stack, wires, profile, step }) => {
      const sight = await step('1. ask for 8 random bytes', () => wires.during(() => stack.random(8)));
      await step('2. look at the writes to TPM_ACCESS', () => {
        expect(accessWrites(sight)).toEqual(
          expected({ 'cr50-spi-v1': ['02', '20'], 'linux-6.1': ['02', '20'], recommended: [] }, profile.name),
        );
      });
    },
  );

  test(
    'the chip grants locality 0 with the frame that asks for it, and takes it back with the frame that releases it',
    { annotation: source('CHIP 4.2') },
    async ({ board, anyStack: stack, step }) => {
      await step('1. unbind the driver', () => stack.remove());
      const seen: string[] = [];
      await step('2. read TPM_ACCESS, claim, read, release, read', async () => {
        seen.push(await rawFrame(board, READ_ACCESS));
        await rawFrame(board, `00 d4 00 00${' 02'.repeat(20)}`);
        seen.push(await rawFrame(board, READ_ACCESS));
        await rawFrame(board, `00 d4 00 00${' 20'.repeat(20)}`);
        seen.push(await rawFrame(board, READ_ACCESS));
      });
      await step('3. find 80, a0, 80 behind the ready bytes', () => {
        expect(seen.map((answer) => / 01 ([0-9a-f]{2})( 00)*$/.exec(answer)?.[1])).toEqual([
          '80',
          'a0',
          '80',
        ]);
      });
    },
  );

  test(
    'writes of several bits or none to TPM_ACCESS change nothing',
    { annotation: source('CHIP 4.2') },
    async ({ board, anyStack: stack, step }) => {
      await step('1. unbind the driver', () => stack.remove());
      const seen: string[] = [];
      await step('2. write 00, 22, 03, ff and 08, reading TPM_ACCESS after each', async () => {
        for (const value of ['00', '22', '03', 'ff', '08']) {
          await rawFrame(board, `00 d4 00 00${` ${value}`.repeat(20)}`);
          seen.push(await rawFrame(board, READ_ACCESS));
        }
      });
      await step('3. find 80 every time', () => {
        expect(seen.map((answer) => / 01 ([0-9a-f]{2})( 00)*$/.exec(answer)?.[1])).toEqual(
          Array(5).fill('80'),
        );
      });
    },
  );
});
