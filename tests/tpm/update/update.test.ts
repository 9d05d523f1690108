import { expect, test } from '@playwright/test';
import {
  beginUpdate,
  execute,
  ImageUnusable,
  readSection,
  updateBlock,
  updateFirmware,
  UpdateIncomplete,
  UpdateRefused,
} from '../../../src/tpm/index.ts';
import { simulatedImageFile } from '../../../fixtures/host/simulated-image.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const NEW = { version: { epoch: 1, major: 5, minor: 30 } };

/** [CHIP 5.3] return value, version, RO and RW offset, then minor, major and epoch of RO and RW, then the key ids. */
const OFFER =
  '80010000003c000000000004' +
  '00000000000000060000000000004000' +
  '0000000b0000000000000000' +
  '000000040000000500000001' +
  'aa66150fde88588d';

/** Answers like a chip; notes the base and size of each block. `refuse` gives the status of one. */
class Answering {
  readonly sent: string[] = [];
  offer = OFFER;
  turnsOn = 1;
  refuse: (base: number) => number = () => 0;

  async transmit(command: Uint8Array): Promise<Uint8Array> {
    const view = new DataView(command.buffer, command.byteOffset, command.length);
    if (view.getUint16(10) === 24) {
      this.sent.push(`on ${view.getUint16(12)}`);
      return bytes(`80010000000d000000000018${this.turnsOn.toString(16).padStart(2, '0')}`);
    }
    const base = view.getUint32(16);
    if (base === 0 && command.length === 20) return bytes(this.offer);
    this.sent.push(`${base.toString(16)}+${command.length - 20}`);
    return bytes(`80010000000d000000000004${this.refuse(base).toString(16).padStart(2, '0')}`);
  }
}

test('an update begins with 8 zero bytes, and the offer is read field by field', async () => {
  expect(hex(beginUpdate().bytes)).toBe('80010000001420000000' + '00040000000000000000');
  expect(await execute(new Answering(), beginUpdate())).toEqual({
    status: 0,
    protocol: 6,
    bases: { ro: 0, rw: 0x4000 },
    running: { ro: { epoch: 0, major: 0, minor: 11 }, rw: { epoch: 1, major: 5, minor: 4 } },
    keyIds: { ro: 0xaa66150f, rw: 0xde88588d },
  });
});

test('a block is its digest, its base and its data', () => {
  // The digest is the beginning of the SHA-1 of 00 00 40 00 61 62 63, by sha1sum.
  expect(hex(updateBlock(0x4000, Buffer.from('abc')).bytes)).toBe(
    '80010000001720000000' + '0004' + 'bbf06034' + '00004000' + '616263',
  );
});

test('a full block is a command of 1044 bytes', () => {
  expect(updateBlock(0x4000, new Uint8Array(1024)).bytes).toHaveLength(1044);
});

test('RW is brought in blocks of 1024 bytes where the chip wants it, then turned on', async () => {
  const chip = new Answering();
  const { brought } = await updateFirmware(chip, simulatedImageFile({ rw: { ...NEW, size: 2560 } }));
  expect(chip.sent).toEqual(['4000+1024', '4400+1024', '4800+512', 'on 1000']);
  expect(brought.map(({ kind, version }) => [kind, version])).toEqual([['rw', NEW.version]]);
});

test('RW goes before RO, in whatever order they are asked for', async () => {
  const chip = new Answering();
  chip.turnsOn = 2;
  const file = simulatedImageFile({ rw: { ...NEW, size: 2048 }, ro: { ...NEW, size: 2048 } });
  await updateFirmware(chip, file, { sections: ['ro', 'rw'], rebootAfterMs: 0 });
  expect(chip.sent).toEqual(['4000+1024', '4400+1024', '0+1024', '400+1024', 'on 0']);
});

test('what is erased at the end of an image is not brought', async () => {
  const file = simulatedImageFile({ rw: { ...NEW, size: 4096 } });
  file.fill(0xff, 0x4000 + 1500, 0x4000 + 4096);
  const chip = new Answering();
  await updateFirmware(chip, file);
  expect(chip.sent).toEqual(['4000+1024', '4400+476', 'on 1000']);
});

for (const [status, reason] of [
  [1, 'bad address'],
  [3, 'digest does not match'],
  [8, 'rollback to an older version'],
  [9, 'rate limit'],
  [12, 'image is for another board ID'],
  [99, 'no reason that is documented'],
] as const)
  test(`status ${status} ends the update at that block, and says: ${reason}`, async () => {
    const chip = new Answering();
    chip.refuse = (base) => (base === 0x4400 ? status : 0);
    const update = updateFirmware(chip, simulatedImageFile({ rw: NEW }));
    await expect(update).rejects.toThrow(UpdateRefused);
    await expect(update).rejects.toThrow(`0x04400 with status ${status}: ${reason}`);
    expect(chip.sent).toEqual(['4000+1024', '4400+1024']);
  });

test('a chip that cannot begin refuses with the status of its answer', async () => {
  const chip = new Answering();
  chip.offer = OFFER.replace('0000000000000006', '0000000600000006');
  await expect(updateFirmware(chip, simulatedImageFile({ rw: NEW }))).rejects.toMatchObject({ status: 6 });
  expect(chip.sent).toEqual([]);
});

test('another protocol is not spoken', async () => {
  const chip = new Answering();
  chip.offer = OFFER.replace('0000000000000006', '0000000000000007');
  await expect(updateFirmware(chip, simulatedImageFile({ rw: NEW }))).rejects.toThrow(/protocol 7/);
  expect(chip.sent).toEqual([]);
});

test('fewer images turned on than were brought are a failure', async () => {
  const chip = new Answering();
  chip.turnsOn = 0;
  await expect(updateFirmware(chip, simulatedImageFile({ rw: NEW }))).rejects.toThrow(UpdateIncomplete);
});

test.describe('an image file is refused before anything is sent', () => {
  for (const [what, file] of [
    ['it is shorter than flash', simulatedImageFile({ rw: NEW }).subarray(1)],
    ['it has no RW image', simulatedImageFile({ ro: NEW })],
    [
      'the size in its header is larger than the section',
      (() => {
        const wrong = simulatedImageFile({ rw: NEW });
        wrong.set([0x01, 0x90, 0x03, 0x00], 0x4000 + 808);
        return wrong;
      })(),
    ],
  ] as const)
    test(`when ${what}`, async () => {
      const chip = new Answering();
      await expect(updateFirmware(chip, file)).rejects.toThrow(ImageUnusable);
      expect(chip.sent).toEqual([]);
    });

  test('when the chip wants it where no section is', () => {
    expect(() => readSection(simulatedImageFile({ rw: NEW }), 'rw', 0x8000)).toThrow(/0x08000/);
  });
});

test('a simulated image says that it is simulated, in place of its signature and in its code', () => {
  const file = simulatedImageFile({ rw: NEW });
  const text = Buffer.from(file).toString('latin1');
  expect(text.slice(0x4000 + 4, 0x4000 + 34)).toBe('simulated H1 image, not signed');
  expect(text.slice(0x4400, 0x5000)).toContain('This is no firmware.');
  expect(file).toHaveLength(524288);
});

test('a simulated image has its fields where the header of an image has them', () => {
  const boards = { type: 0x5a5a4352, mask: 0xffffffff, flags: 0x80 };
  const file = simulatedImageFile({ rw: { ...NEW, boards } });
  const field = (offset: number): string => hex(file.subarray(0x44000 + offset, 0x44000 + offset + 4));
  expect([0, 420, 808, 860, 864, 868].map(field)).toEqual([
    'ffffffff',
    '8d5888de',
    '00100000',
    '01000000',
    '05000000',
    '1e000000',
  ]);
  // 5a5a4352, ffffffff and 00000080, each combined with 33333333.
  expect([996, 1000, 1004].map(field)).toEqual(['61706969', 'cccccccc', 'b3333333']);
});
