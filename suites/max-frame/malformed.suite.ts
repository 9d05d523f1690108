import type { Board } from '../../fixtures/index.ts';
import {
  expect,
  first,
  hex,
  hexBytes,
  pulseReset,
  rawFrame,
  readFrame,
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

/** A register as its bytes are written. */
const read = async (board: Board, register: number, size: number): Promise<string> =>
  hex(await readRegister(board, register, size));

test.describe('malformed frame', () => {
  // These frames need a chip that nobody has claimed, and whose first frame is over.
  test.use({ needs: ['reset'], startedBy: 'nobody' });
  test.beforeEach(async ({ board }) => {
    // The chip answers with ones up to the ready byte. That hides nothing, since the answer is not used. [CHIP 1.3]
    await rawFrame(board, readFrame(TPM_DID_VID, 4));
  });

  for (const { frame, access, why } of [
    { frame: '00 d4 00 00 02', access: 'a0', why: 'without a wait byte works' },
    {
      frame: '00 d4 00 00 00 02',
      access: 'a0',
      why: 'whose last byte is the value works, whatever lies before it',
    },
    { frame: `00 d4 00 00${' ff'.repeat(40)} 02`, access: 'a0', why: 'with 40 bytes of filler works' },
    { frame: '00 d4 00 00 02 00', access: '80', why: 'that is one byte too long writes the byte too many' },
    {
      frame: '00 d4 00 00 00 02 03',
      access: '80',
      why: 'that is too long by several bits of a value writes nothing',
    },
    { frame: '00 d4 00 00', access: '80', why: 'of nothing but a header writes nothing to TPM_ACCESS' },
    { frame: `00 d4 00 00${' 00'.repeat(507)} 02`, access: 'a0', why: 'of 512 bytes works' },
    { frame: `00 d4 00 00${' 00'.repeat(508)} 02`, access: '80', why: 'of 513 bytes is dropped' },
  ])
    test(`a write ${why}`, { annotation: source('CHIP 1.5', 'CHIP 10.4') }, async ({ board, step }) => {
      await step('1. write to TPM_ACCESS', () => rawFrame(board, hexBytes(frame)));
      const answer = await step('2. read it', () => read(board, TPM_ACCESS, 1));
      await step(`3. find ${access}`, () => {
        expect(answer).toBe(access);
      });
    });

  for (const frame of ['83', '83 d4', '83 d4 0f'])
    test(
      `a frame of ${frame.split(' ').length} header bytes is answered with zeros and a ready pulse, and harms nothing`,
      { annotation: source('CHIP 1.5', 'CHIP 10.4') },
      async ({ board, wires, step }) => {
        const from = wires.now();
        const answer = await step('1. send it', () => rawFrame(board, hexBytes(frame)));
        const next = await step('2. read TPM_DID_VID', () => read(board, TPM_DID_VID, 4));
        await step('3. find zeros, one pulse where the line is there, and the identity', () => {
          expect(hex(answer)).toMatch(/^00( 00)*$/);
          expect(next).toBe('e0 1a 28 00');
          expect(first(wires.since(from).frames, 'frames').pulses).toBe(board.ready === undefined ? 0 : 1);
        });
      },
    );

  test(
    'a read is answered with zeros beyond its length, 1200 bytes long, and the next frame is clean',
    { annotation: source('CHIP 1.5', 'CHIP 10.4') },
    async ({ board, step }) => {
      const long = await step('1. read TPM_DID_VID with 1200 bytes', () =>
        rawFrame(board, hexBytes(`83 d4 0f 00${' 00'.repeat(1196)}`)),
      );
      const next = await step('2. read it again', () => read(board, TPM_DID_VID, 4));
      await step('3. find the identity behind the ready byte, zeros after it, and the identity again', () => {
        expect(hex(long)).toMatch(/^(00 )+01 e0 1a 28 00( 00)*$/);
        expect(next).toBe('e0 1a 28 00');
      });
    },
  );

  test(
    'a read of 4 bytes that is cut after its header moves the version text on by 4 bytes',
    { annotation: source('CHIP 1.5', 'CHIP 4.5') },
    async ({ board, step }) => {
      await step('1. rewind the text', () => writeRegister(board, TPM_FW_VER, 0));
      const first = await step('2. read 4 bytes', () => read(board, TPM_FW_VER, 4));
      await step('3. send the header of another such read, and no more', () =>
        rawFrame(board, hexBytes('83 d4 0f 90')),
      );
      const third = await step('4. read 4 bytes', () => read(board, TPM_FW_VER, 4));
      await step('5. rewind, read 12 bytes, and find the cut ones missing', async () => {
        await writeRegister(board, TPM_FW_VER, 0);
        const whole = (await read(board, TPM_FW_VER, 12)).split(' ');
        expect(first).toBe(whole.slice(0, 4).join(' '));
        expect(third).toBe(whole.slice(8, 12).join(' '));
      });
    },
  );

  test(
    'a bare header of a FIFO write puts its own last byte into the FIFO',
    { annotation: source('CHIP 1.5', 'CHIP 10.4') },
    async ({ board, step }) => {
      await step('1. make the chip ready', async () => {
        await writeRegister(board, TPM_STS, STS.commandReady);
        expect(await read(board, TPM_STS, 4)).toBe('c0 3f 00 04');
      });
      await step('2. send 00 d4 00 24', () => rawFrame(board, hexBytes('00 d4 00 24')));
      await step('3. find the chip expecting more, with 24 in the FIFO', async () => {
        expect(await read(board, TPM_STS, 4)).toBe('c8 3f 00 04');
        expect(await read(board, TPM_DATA_FIFO, 1)).toBe('24');
      });
      await step('4. reset', () => pulseReset(board));
    },
  );
});
