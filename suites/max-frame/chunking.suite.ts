import type { Board, OwnDriver } from '../../fixtures/index.ts';
import {
  expect,
  GET_RANDOM_8,
  hex,
  hexBytes,
  ms,
  source,
  STS,
  test,
  TPM_DATA_FIFO,
  TPM_STS,
} from '../../fixtures/index.ts';

const SIZE = 2048;
const CHUNKS = Array.from({ length: 64 }, (_, at) => at + 1);

/** 80 01, the size, a code the TPM does not know, then each byte its own index modulo 256. */
const COMMAND = Uint8Array.from({ length: SIZE }, (_, at) => at & 0xff);
COMMAND.set(hexBytes('80 01 00 00 08 00 00 00 01 99'));

/** TPM_RC_COMMAND_CODE. */
const REFUSED = '80 01 00 00 00 0a 00 00 01 43';

/** Makes the chip ready from whatever state it is in. */
async function ready({ phy }: OwnDriver): Promise<void> {
  await phy.write8(TPM_STS, STS.commandReady);
  await phy.write8(TPM_STS, STS.commandReady);
}

/** Starts the command and polls for its response, at most 200 times with 1 ms between. */
async function go({ clock }: Board, { phy }: OwnDriver): Promise<boolean> {
  await phy.write8(TPM_STS, STS.tpmGo);
  for (let looks = 0; looks < 200; looks++) {
    if (((await phy.read8(TPM_STS)) & STS.dataAvail) !== 0) return true;
    await clock.sleep(ms(1));
  }
  return false;
}

/** Sends the longest command in chunks of each size. Answers the sizes with which the TPM did not get it whole. */
async function failedWrites(board: Board, driver: OwnDriver): Promise<number[]> {
  const failed: number[] = [];
  const answer = new Uint8Array(10);
  for (const chunk of CHUNKS) {
    await ready(driver);
    for (let at = 0; at < SIZE; at += chunk)
      await driver.phy.write(TPM_DATA_FIFO, COMMAND, at, Math.min(chunk, SIZE - at));
    const isComplete = ((await driver.phy.read8(TPM_STS)) & STS.expect) === 0;
    const isAnswered = await go(board, driver);
    await driver.phy.read(TPM_DATA_FIFO, answer);
    if (!isComplete || !isAnswered || hex(answer) !== REFUSED) failed.push(chunk);
  }
  return failed;
}

/** Reads the longest response in chunks of each size. Answers the sizes with which it was read wrong. */
async function failedReads(board: Board, driver: OwnDriver): Promise<number[]> {
  const wanted = COMMAND.slice();
  wanted.fill(0, 6, 10);
  const failed: number[] = [];
  for (const chunk of CHUNKS) {
    await ready(driver);
    await driver.phy.write(TPM_DATA_FIFO, hexBytes('80 01 00 00 00 0a 00 00 01 99'));
    const isAnswered = await go(board, driver);
    const response = new Uint8Array(SIZE);
    for (let at = 0; at < SIZE; at += chunk)
      await driver.phy.read(TPM_DATA_FIFO, response, at, Math.min(chunk, SIZE - at));
    if (!isAnswered || response.join() !== wanted.join()) failed.push(chunk);
  }
  return failed;
}

test.describe('chunking', () => {
  test(
    'a command of 2048 bytes arrives whole in chunks of every size from 1 to 64',
    { annotation: source('CHIP 1.5', 'CHIP 4.3', 'CHIP 5.1') },
    async ({ board, ownDriver, step }) => {
      const failed = await step('1. send it 64 times', () => failedWrites(board, ownDriver));
      await step('2. find no size that failed', () => {
        expect(failed).toEqual([]);
      });
    },
  );

  test.describe('of a long response', () => {
    test.use({ needs: ['faults'] });
    test(
      'a response of 2048 bytes is read whole in chunks of every size from 1 to 64',
      { annotation: source('CHIP 1.5', 'CHIP 4.3', 'CHIP 10.4') },
      async ({ board, ownDriver, faults, step }) => {
        await step('1. make the answers 2048 bytes long', () =>
          faults.set({ kind: 'chip-long-response', size: SIZE }),
        );
        const failed = await step('2. read one 64 times', () => failedReads(board, ownDriver));
        await step('3. find no size that failed', () => {
          expect(failed).toEqual([]);
        });
      },
    );
  });

  test(
    'byte 2049 is dropped, and the chip waits for a new command',
    { annotation: source('CHIP 4.3', 'CHIP 10.4') },
    async ({ board, ownDriver, step }) => {
      await step('1. write 2048 bytes, then one more', async () => {
        await ready(ownDriver);
        for (let at = 0; at < SIZE; at += 64) await ownDriver.phy.write(TPM_DATA_FIFO, COMMAND, at, 64);
        await ownDriver.phy.write(TPM_DATA_FIFO, Uint8Array.of(0xee));
      });
      const isAnswered = await step('2. write a command of 12 bytes and give it', async () => {
        await ownDriver.phy.write(TPM_DATA_FIFO, GET_RANDOM_8);
        return go(board, ownDriver);
      });
      const answer = new Uint8Array(20);
      await step('3. find its answer, and nothing of the long command', async () => {
        await ownDriver.phy.read(TPM_DATA_FIFO, answer);
        expect(isAnswered).toBe(true);
        expect(hex(answer.subarray(0, 12))).toBe('80 01 00 00 00 14 00 00 00 00 00 08');
      });
    },
  );
});
