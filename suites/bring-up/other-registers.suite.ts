import type { Board } from '../../fixtures/index.ts';
import {
  ACCESS,
  expect,
  GET_RANDOM_8,
  hex,
  readRegister,
  source,
  STS,
  test,
  TPM_ACCESS,
  TPM_DATA_FIFO,
  TPM_DID_VID,
  TPM_FW_VER,
  TPM_STS,
  writeRegister,
} from '../../fixtures/index.ts';

/** Distance from a register to the same one of the next locality. [CHIP 4.5] */
const NEXT_LOCALITY = 0x1000;
const LOCALITIES = [1, 2, 3, 4];

/** The identity, which an unknown register repeats when it was the last that was read. [CHIP 1.6] [CHIP 4.1] */
const IDENTITY = 'e0 1a 28 00';

/** What a register says right after the identity was read. */
async function saidAfterIdentity(board: Board, register: number): Promise<string> {
  await readRegister(board, TPM_DID_VID, 4);
  return hex(await readRegister(board, register, 4));
}

test.describe('registers', () => {
  test.use({ about: 'chip' });

  test(
    'of localities 1 to 4 do not exist: reads repeat what was read last, writes change nothing in locality 0',
    { annotation: source('CHIP 1.6', 'CHIP 4.2', 'CHIP 4.5') },
    async ({ board, driver, step }) => {
      await step('1. unbind the driver', () => driver.remove());
      const read: string[] = [];
      const left: string[] = [];
      await step('2. read and write four registers of each locality', async () => {
        for (const locality of LOCALITIES) {
          const at = (register: number): number => register + locality * NEXT_LOCALITY;
          for (const register of [TPM_ACCESS, TPM_STS, TPM_DATA_FIFO, TPM_FW_VER])
            read.push(await saidAfterIdentity(board, at(register)));
          await writeRegister(board, at(TPM_ACCESS), ACCESS.requestUse);
          await writeRegister(board, at(TPM_STS), STS.commandReady);
          await writeRegister(board, at(TPM_DATA_FIFO), ...GET_RANDOM_8);
          left.push(hex(await readRegister(board, TPM_ACCESS)), hex(await readRegister(board, TPM_STS, 4)));
        }
      });
      await step('3. find the identity each time, no locality claimed, and the chip idle', () => {
        expect(read).toEqual(read.map(() => IDENTITY));
        expect(left).toEqual(LOCALITIES.flatMap(() => ['80', '80 3f 00 04']));
      });
    },
  );

  test(
    'end where their text ends: TPM_FW_VER says zeros from there on, until a write begins it again',
    { annotation: source('CHIP 4.5') },
    async ({ board, driver, step }) => {
      await step('1. unbind the driver', () => driver.remove());
      const [text, after, again] = await step('2. read it to its end, beyond, and again', async () => {
        await writeRegister(board, TPM_FW_VER, 0);
        const begins = hex(await readRegister(board, TPM_FW_VER, 16));
        await readRegister(board, TPM_FW_VER, 64);
        const beyond: string[] = [];
        for (const size of [1, 4, 64, 16]) beyond.push(hex(await readRegister(board, TPM_FW_VER, size)));
        await writeRegister(board, TPM_FW_VER, 0);
        return [begins, beyond.join(' '), hex(await readRegister(board, TPM_FW_VER, 16))];
      });
      await step('3. find 85 zeros, then the beginning of the text', () => {
        expect(after).toBe(Array(85).fill('00').join(' '));
        expect(again).toBe(text);
        expect(text).toMatch(/^42 /);
      });
    },
  );
});
