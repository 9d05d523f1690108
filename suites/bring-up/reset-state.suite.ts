import type { Board } from '../../fixtures/index.ts';
import {
  ACCESS,
  expect,
  GET_RANDOM_8,
  hex,
  ms,
  pulseReset,
  rawFrame,
  readFrame,
  readRegister,
  source,
  STARTUP_CLEAR,
  STS,
  test,
  TPM_ACCESS,
  TPM_DATA_FIFO,
  TPM_FW_VER,
  TPM_STS,
  writeRegister,
} from '../../fixtures/index.ts';

/** Maximum time from tpmGo to the response of these commands. [DRIVER 3.6] */
const ANSWERED = ms(750);

const ready = (board: Board): Promise<void> => writeRegister(board, TPM_STS, STS.commandReady);
const go = (board: Board): Promise<void> => writeRegister(board, TPM_STS, STS.tpmGo);
const put = (board: Board, bytes: Uint8Array): Promise<void> => writeRegister(board, TPM_DATA_FIFO, ...bytes);

/** Sends a command through the registers, and waits until its response must be there. */
async function run(board: Board, command: Uint8Array): Promise<void> {
  await ready(board);
  await put(board, command);
  await go(board);
  await board.clock.sleep(ANSWERED);
}

/** States in which a chip may be reset, and how to bring it there from idle in locality 0. [CHIP 4.3] */
const STATES: readonly (readonly [string, (board: Board) => Promise<unknown>])[] = [
  ['it is idle', async () => undefined],
  ['it is ready for a command', ready],
  [
    'it has five bytes of a command',
    async (board) => {
      await ready(board);
      await put(board, GET_RANDOM_8.subarray(0, 5));
    },
  ],
  [
    'it has a whole command',
    async (board) => {
      await ready(board);
      await put(board, GET_RANDOM_8);
    },
  ],
  [
    'it has just begun a command',
    async (board) => {
      await ready(board);
      await put(board, GET_RANDOM_8);
      await go(board);
    },
  ],
  ['a response waits', (board) => run(board, GET_RANDOM_8)],
  [
    'half of a response is read',
    async (board) => {
      await run(board, GET_RANDOM_8);
      await readRegister(board, TPM_DATA_FIFO, 10);
    },
  ],
  [
    'all of a response is read',
    async (board) => {
      await run(board, GET_RANDOM_8);
      await readRegister(board, TPM_DATA_FIFO, 20);
    },
  ],
  [
    'a command was given up half sent',
    async (board) => {
      await ready(board);
      await put(board, GET_RANDOM_8.subarray(0, 8));
      await ready(board);
    },
  ],
  [
    'a command was given up while it ran',
    async (board) => {
      await ready(board);
      await put(board, GET_RANDOM_8);
      await go(board);
      await ready(board);
    },
  ],
];

/** Claims locality 0. The chip's first frame after reset has to be over. */
const claim = (board: Board): Promise<void> => writeRegister(board, TPM_ACCESS, ACCESS.requestUse);

test.describe('a reset while', () => {
  test.use({ needs: ['reset'], startedBy: 'nobody' });

  for (const [state, bring] of STATES)
    test(
      `${state} leaves nothing of it: no locality, status 80 with 63, the version from its beginning, no command and no response`,
      { annotation: source('CHIP 6', 'CHIP 4.3', 'CHIP 4.5') },
      async ({ board, step }) => {
        await step(
          '1. start the TPM by its registers, read 7 characters of the version, and bring it there',
          async () => {
            await rawFrame(board, readFrame(TPM_ACCESS, 1));
            await claim(board);
            await run(board, STARTUP_CLEAR);
            await readRegister(board, TPM_DATA_FIFO, 10);
            await ready(board);
            await readRegister(board, TPM_FW_VER, 7);
            await bring(board);
          },
        );
        const first = await step('2. reset it, and read TPM_ACCESS', async () => {
          await pulseReset(board);
          return rawFrame(board, readFrame(TPM_ACCESS, 1));
        });
        await step(
          '3. find the first frame answered with ones, and every register as after power',
          async () => {
            expect(hex(first)).toMatch(/^ff ff ff ff/);
            expect(hex(await readRegister(board, TPM_ACCESS))).toBe('80');
            expect(hex(await readRegister(board, TPM_STS, 4))).toBe('80 3f 00 04');
            expect(Buffer.from(await readRegister(board, TPM_FW_VER, 7)).toString('latin1')).toMatch(
              /^B[12?]/,
            );
          },
        );
        await step('4. send GetRandom(8), and find that the TPM was not started', async () => {
          await claim(board);
          await run(board, GET_RANDOM_8);
          expect(hex(await readRegister(board, TPM_STS, 4))).toBe('d0 0a 00 04');
          expect(hex(await readRegister(board, TPM_DATA_FIFO, 10))).toBe('80 01 00 00 00 0a 00 00 01 00');
        });
      },
    );
});
