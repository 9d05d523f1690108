import type { Sight } from '../../fixtures/index.ts';
import { expect, hex, readRegister, source, test, TPM_ACCESS, writeRegister } from '../../fixtures/index.ts';

/** Bits of TPM_ACCESS. [CHIP 4.2] */
const CLAIM = 0x02;
const RELEASE = 0x20;

const accessWrites = ({ frames }: Sight): string[] =>
  frames
    .filter(({ register, direction }) => register === TPM_ACCESS && direction === 'write')
    .map(({ data }) => hex(data));

test.describe('locality', () => {
  test(
    'a command claims locality 0 and gives it back, or keeps it from the start',
    { annotation: source('DRIVER 2.3', 'DRIVER 3.1', 'CHIP 4.2') },
    async ({ driver, wires, datasheet, step }) => {
      const sight = await step('1. ask for 8 random bytes', () => wires.during(() => driver.random(8)));
      await step('2. look at the writes to TPM_ACCESS', () => {
        expect(accessWrites(sight)).toEqual(datasheet.locality === 'kept' ? [] : ['02', '20']);
      });
    },
  );

  test.describe('of the chip', () => {
    test.use({ about: 'chip' });

    test(
      'the chip grants locality 0 with the frame that asks for it, and takes it back with the frame that releases it',
      { annotation: source('CHIP 4.2') },
      async ({ board, driver, step }) => {
        await step('1. unbind the driver', () => driver.remove());
        const seen: string[] = [];
        const look = async (): Promise<unknown> => seen.push(hex(await readRegister(board, TPM_ACCESS)));
        await step('2. read TPM_ACCESS, claim, read, release, read', async () => {
          await look();
          await writeRegister(board, TPM_ACCESS, CLAIM);
          await look();
          await writeRegister(board, TPM_ACCESS, RELEASE);
          await look();
        });
        await step('3. find 80, a0, 80', () => {
          expect(seen).toEqual(['80', 'a0', '80']);
        });
      },
    );

    test(
      'writes of several bits or none to TPM_ACCESS change nothing',
      { annotation: source('CHIP 4.2') },
      async ({ board, driver, step }) => {
        await step('1. unbind the driver', () => driver.remove());
        const seen: string[] = [];
        await step('2. write 00, 22, 03, ff and 08, reading TPM_ACCESS after each', async () => {
          for (const value of [0x00, 0x22, 0x03, 0xff, 0x08]) {
            await writeRegister(board, TPM_ACCESS, value);
            seen.push(hex(await readRegister(board, TPM_ACCESS)));
          }
        });
        await step('3. find 80 every time', () => {
          expect(seen).toEqual(Array(5).fill('80'));
        });
      },
    );
  });
});
