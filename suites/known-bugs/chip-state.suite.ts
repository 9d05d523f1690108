import type { Board } from '../../fixtures/index.ts';
import {
  ACCESS,
  GET_RANDOM_8,
  hexBytes,
  ms,
  readRegister,
  STS,
  TPM_ACCESS,
  TPM_DATA_FIFO,
  TPM_DID_VID,
  TPM_INT_ENABLE,
  TPM_STS,
  writeRegister,
} from '../../fixtures/index.ts';
import { EVERY } from './drivers.ts';
import { knownBug } from './known-bug.ts';

/** Claims locality 0 and makes the chip ready for a command, past the driver. */
async function makeReady(board: Board): Promise<void> {
  await writeRegister(board, TPM_ACCESS, ACCESS.requestUse);
  await writeRegister(board, TPM_STS, STS.commandReady);
  await writeRegister(board, TPM_STS, STS.commandReady);
}

knownBug(
  {
    id: 'L-43',
    title: 'releasing the locality does not stop a command',
    observable: 'dataAvail is set 700 ms after the release of a locality whose command takes 500 ms',
    has: EVERY,
  },
  async ({ step, board, faults, clock }) => {
    await step('1. Claim locality 0, write commandReady twice, write GetRandom(8) to the FIFO', async () => {
      await makeReady(board);
      await writeRegister(board, TPM_DATA_FIFO, ...GET_RANDOM_8);
    });
    await step(
      '2. Let the command take 500 ms; write tpmGo, and release the locality in the next frame',
      async () => {
        await faults.set({ kind: 'chip-slow-command', time: ms(500), commands: { count: 1 } });
        await writeRegister(board, TPM_STS, STS.tpmGo);
        await writeRegister(board, TPM_ACCESS, ACCESS.activeLocality);
      },
    );
    const [status = 0] = await step('3. Read TPM_STS 700 ms later', async () => {
      await clock.sleep(ms(700));
      return readRegister(board, TPM_STS);
    });
    return (status & STS.dataAvail) !== 0;
  },
);

knownBug(
  {
    id: 'L-44',
    title: 'unimplemented registers return old bytes',
    observable: 'INT_ENABLE reads as what was read before',
    has: EVERY,
  },
  async ({ step, bindDriver }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    const readAfter = async (register: number): Promise<number> => {
      await driver.phy.read32(register);
      return driver.phy.read32(TPM_INT_ENABLE);
    };
    const first = await step('2. Read TPM_DID_VID, then TPM_INT_ENABLE', () => readAfter(TPM_DID_VID));
    const second = await step('3. Read TPM_STS, then TPM_INT_ENABLE', () => readAfter(TPM_STS));
    return first !== second;
  },
);

knownBug(
  {
    id: 'L-46',
    title: 'tpmGo is not checked against expect',
    observable: 'a command that lacks its last byte is answered within 200 ms',
    has: EVERY,
  },
  async ({ step, board, clock }) => {
    await step(
      '1. Claim locality 0, write commandReady twice, write 11 of the 12 bytes of GetRandom(8)',
      async () => {
        await makeReady(board);
        await writeRegister(board, TPM_DATA_FIFO, ...GET_RANDOM_8.subarray(0, 11));
      },
    );
    await step('2. Write tpmGo', () => writeRegister(board, TPM_STS, STS.tpmGo));
    const answer = await step('3. Read 10 bytes of the FIFO 200 ms later', async () => {
      await clock.sleep(ms(200));
      return readRegister(board, TPM_DATA_FIFO, 10);
    });
    return step('4. Look for the header of a response of 10 bytes', () => {
      const header = hexBytes('80 01 00 00 00 0a');
      return header.every((byte, at) => answer[at] === byte);
    });
  },
);
