import type { Board } from '../../fixtures/index.ts';
import {
  ACCESS,
  expect,
  GET_RANDOM_8,
  hex,
  ms,
  readRegister,
  lacksAbility,
  source,
  STS,
  test,
  TPM_ACCESS,
  TPM_DATA_FIFO,
  TPM_FW_VER,
  TPM_STS,
  writeRegister,
} from '../../fixtures/index.ts';

/** The answer to GetRandom(8) has 20 bytes. [CHIP 10.3] */
const SIZE = 20;
/** The response is there after this time. [DRIVER 3.6] */
const ANSWERED = ms(750);

/** Releases before 0.3.13 leave dataAvail and burstCount behind, those before 0.3.19 commandReady. [CHIP 7] */
const LEAVES_DATA = / RW_[AB]:0\.[34]\.(\d|1[0-8])\//;

/** How a host gives a response up, and the status that follows. [CHIP 4.3] */
const WAYS = [
  ['commandReady', (board: Board) => writeRegister(board, TPM_STS, STS.commandReady)],
  ['a release of the locality', (board: Board) => writeRegister(board, TPM_ACCESS, ACCESS.activeLocality)],
] as const;

/** Sends GetRandom(8) through the registers, and reads this number of bytes of its response. */
async function readPart(board: Board, bytes: number): Promise<void> {
  await writeRegister(board, TPM_ACCESS, ACCESS.requestUse);
  for (let i = 0; i < 2; i++) await writeRegister(board, TPM_STS, STS.commandReady);
  await writeRegister(board, TPM_DATA_FIFO, ...GET_RANDOM_8);
  await writeRegister(board, TPM_STS, STS.tpmGo);
  await board.clock.sleep(ANSWERED);
  if (bytes > 0) await readRegister(board, TPM_DATA_FIFO, bytes);
}

/** The version text of the running image. */
async function versionText(board: Board): Promise<string> {
  await writeRegister(board, TPM_FW_VER, 0);
  const parts = [await readRegister(board, TPM_FW_VER, 64), await readRegister(board, TPM_FW_VER, 16)];
  return Buffer.concat(parts).toString('latin1');
}

test.describe('a response that is given up', () => {
  test.use({ about: 'chip' });

  for (const [way, giveUp] of WAYS)
    test(
      `by ${way}, after any number of its bytes, leaves status 80 with 63, and the next command is answered from its beginning`,
      { annotation: source('CHIP 4.3', 'CHIP 7') },
      async ({ board, rig, step }) => {
        if (LEAVES_DATA.test(await versionText(board))) lacksAbility('clean-abort', rig);
        const statuses: string[] = [];
        await step('1. read 0 to 20 bytes of an answer, give it up, read the status', async () => {
          for (let bytes = 0; bytes <= SIZE; bytes++) {
            await readPart(board, bytes);
            await giveUp(board);
            statuses.push(hex(await readRegister(board, TPM_STS, 4)));
          }
        });
        await step('2. read a whole answer', async () => {
          await readPart(board, 0);
          expect(hex(await readRegister(board, TPM_STS, 4))).toBe('d0 14 00 04');
          expect(hex(await readRegister(board, TPM_DATA_FIFO, 12))).toBe(
            '80 01 00 00 00 14 00 00 00 00 00 08',
          );
        });
        await step('3. find the same status after each', () => {
          expect(statuses).toEqual(statuses.map(() => '80 3f 00 04'));
        });
      },
    );
});

test.describe('a response that is asked for again', () => {
  test.use({ about: 'chip' });

  test(
    'with responseRetry, after any number of its bytes but the last, comes whole from its first byte, and the same each time',
    { annotation: source('CHIP 4.3') },
    async ({ board, step }) => {
      const beginnings: string[] = [];
      const isSame: boolean[] = [];
      await step('1. read 0 to 19 bytes of an answer, ask for it again, read it twice', async () => {
        for (let bytes = 0; bytes < SIZE; bytes++) {
          await readPart(board, bytes);
          await writeRegister(board, TPM_STS, STS.responseRetry);
          const almost = hex(await readRegister(board, TPM_DATA_FIFO, SIZE - 1));
          await writeRegister(board, TPM_STS, STS.responseRetry);
          const whole = hex(await readRegister(board, TPM_DATA_FIFO, SIZE));
          beginnings.push(whole.slice(0, 35));
          isSame.push(whole.startsWith(almost));
          await writeRegister(board, TPM_STS, STS.commandReady);
        }
      });
      await step('2. find the header and the size of 8 random bytes each time', () => {
        expect(beginnings).toEqual(beginnings.map(() => '80 01 00 00 00 14 00 00 00 00 00 08'));
      });
      await step('3. find the same bytes both times', () => {
        expect(isSame).toEqual(isSame.map(() => true));
      });
    },
  );
});
