import { expect, pulseReset, rawFrame, source, test } from '../../fixtures/index.ts';

const READ_ACCESS = `80 d4 00 00${' 00'.repeat(64)}`;
const READ_STS = `83 d4 00 18${' 00'.repeat(64)}`;
const READ_DID_VID = `83 d4 0f 00${' 00'.repeat(64)}`;

/** What follows the ready byte. */
const data = (answer: string, size: number): string | undefined =>
  new RegExp(`^(?:00 )*01 ((?:[0-9a-f]{2} ?){${size}})`).exec(answer)?.[1]?.trim();

test.describe('malformed frame', () => {
  // On a chip that nobody has claimed, and whose first frame is used up.
  test.use({ needs: ['reset'], startedBy: 'nobody' });
  test.beforeEach(async ({ board }) => {
    await rawFrame(board, READ_DID_VID);
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
      await step('1. write to TPM_ACCESS', () => rawFrame(board, frame));
      const answer = await step('2. read it', () => rawFrame(board, READ_ACCESS));
      await step(`3. find ${access}`, () => {
        expect(data(answer, 1)).toBe(access);
      });
    });

  for (const frame of ['83', '83 d4', '83 d4 0f'])
    test(
      `a frame of ${frame.split(' ').length} header bytes is answered with zeros and a ready pulse, and harms nothing`,
      { annotation: source('CHIP 1.5', 'CHIP 10.4') },
      async ({ board, wires, step }) => {
        const from = wires.now();
        const answer = await step('1. send it', () => rawFrame(board, frame));
        const next = await step('2. read TPM_DID_VID', () => rawFrame(board, READ_DID_VID));
        await step('3. compare', () => {
          expect(answer).toMatch(/^00( 00)*$/);
          expect(data(next, 4)).toBe('e0 1a 28 00');
          expect(wires.since(from).frames[0]!.pulses).toBe(board.ready === undefined ? 0 : 1);
        });
      },
    );

  test(
    'a read is answered with zeros beyond its length, 1200 bytes long, and the next frame is clean',
    { annotation: source('CHIP 1.5', 'CHIP 10.4') },
    async ({ board, step }) => {
      const long = await step('1. read TPM_DID_VID with 1200 bytes', () =>
        rawFrame(board, `83 d4 0f 00${' 00'.repeat(1196)}`),
      );
      const next = await step('2. read it again', () => rawFrame(board, READ_DID_VID));
      await step('3. compare', () => {
        expect(long).toMatch(/^(00 )+01 e0 1a 28 00( 00)*$/);
        expect(data(next, 4)).toBe('e0 1a 28 00');
      });
    },
  );

  test(
    'a read that is cut after its header has moved the version text on all the same',
    { annotation: source('CHIP 1.5', 'CHIP 4.5') },
    async ({ board, step }) => {
      const readVersion = `83 d4 0f 90${' 00'.repeat(64)}`;
      await step('1. rewind the text', () => rawFrame(board, `00 d4 0f 90${' 00'.repeat(20)}`));
      const first = await step('2. read 4 bytes', () => rawFrame(board, readVersion));
      await step('3. send the header of another such read, and no more', () =>
        rawFrame(board, '83 d4 0f 90'),
      );
      const third = await step('4. read 4 bytes', () => rawFrame(board, readVersion));
      await step('5. rewind, read 12 bytes, and find the cut ones missing', async () => {
        await rawFrame(board, `00 d4 0f 90${' 00'.repeat(20)}`);
        const whole = data(await rawFrame(board, `8b d4 0f 90${' 00'.repeat(64)}`), 12)!.split(' ');
        expect(data(first, 4)).toBe(whole.slice(0, 4).join(' '));
        expect(data(third, 4)).toBe(whole.slice(8, 12).join(' '));
      });
    },
  );

  test(
    'a bare header of a FIFO write puts its own last byte into the FIFO',
    { annotation: source('CHIP 1.5', 'CHIP 10.4') },
    async ({ board, step }) => {
      await step('1. make the chip ready', async () => {
        await rawFrame(board, '00 d4 00 18 40');
        expect(data(await rawFrame(board, READ_STS), 4)).toBe('c0 3f 00 04');
      });
      await step('2. send 00 d4 00 24', () => rawFrame(board, '00 d4 00 24'));
      await step('3. find the chip expecting more, with 24 in the FIFO', async () => {
        expect(data(await rawFrame(board, READ_STS), 4)).toBe('c8 3f 00 04');
        expect(data(await rawFrame(board, `80 d4 00 24${' 00'.repeat(64)}`), 1)).toBe('24');
      });
      await step('4. reset', () => pulseReset(board));
    },
  );
});
