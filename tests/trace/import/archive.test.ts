import { deflateRawSync, constants } from 'node:zlib';
import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { ByteSource } from '../../../src/trace/import/byte-source.ts';
import { CaptureError } from '../../../src/trace/import/capture-error.ts';
import { Inflater } from '../../../src/trace/import/inflater.ts';
import { bytesInMemory } from '../../../src/trace/import/capture-bytes.ts';
import { ZipArchive } from '../../../src/trace/import/zip-reader.ts';

function* inPieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

const joined = (pieces: Iterable<Uint8Array>): Buffer =>
  Buffer.concat(Array.from(pieces, (piece) => piece.slice()));

const inflate = (packed: Uint8Array, size = 1 << 16): Buffer =>
  joined(new Inflater(new ByteSource('test', inPieces(packed, size)), 'inside the test').pieces());

function unzip(archive: Uint8Array, size = 997): Record<string, string> {
  const files: Record<string, string> = {};
  const zip = new ZipArchive('test', bytesInMemory(archive, size));
  for (const entry of zip.entries) files[entry.name] = joined(zip.pieces(entry)).toString('latin1');
  return files;
}

const text = (length: number): Buffer =>
  Buffer.from(
    Array.from({ length }, (_, i) => `${(i * 7919) % 1009},`)
      .join('')
      .slice(0, length),
  );

const STRATEGIES = ['Z_DEFAULT_STRATEGY', 'Z_HUFFMAN_ONLY', 'Z_RLE', 'Z_FIXED'] as const;
for (const strategy of STRATEGIES)
  for (const level of [0, 1, 6, 9])
    test(`what zlib deflates at level ${level} with ${strategy} is inflated, over several windows`, () => {
      const bytes = Buffer.concat([text(400_000), Buffer.alloc(300_000, 0x18), text(5000)]);
      const packed = deflateRawSync(bytes, { level, strategy: constants[strategy] });
      expect(inflate(packed).equals(bytes)).toBe(true);
      expect(inflate(packed, 1).equals(bytes)).toBe(true);
    });

test('any bytes come back as they were deflated, whatever the pieces', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ part: fc.uint8Array({ maxLength: 40 }), times: fc.integer({ min: 1, max: 200 }) }),
      ),
      fc.integer({ min: 1, max: 50 }),
      (parts, size) => {
        const bytes = Buffer.concat(parts.flatMap(({ part, times }) => Array<Uint8Array>(times).fill(part)));
        expect(inflate(deflateRawSync(bytes), size).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

test('a deflate stream that is damaged or cut is refused in words, and never anything else', () => {
  const packed = deflateRawSync(text(3000));
  fc.assert(
    fc.property(
      fc.nat({ max: packed.length - 1 }),
      fc.nat({ max: 255 }),
      fc.nat({ max: packed.length }),
      (at, value, length) => {
        const damaged = Uint8Array.from(packed);
        damaged[at] = value;
        try {
          inflate(damaged.subarray(0, length));
        } catch (error) {
          expect(error).toBeInstanceOf(CaptureError);
        }
      },
    ),
    { numRuns: 1000, seed: 1 },
  );
});

// Blocks that no tool writes: each byte is the three bits of a block's head, then what follows. [RFC 1951 3.2.3]
const BROKEN: readonly [string, readonly number[], RegExp][] = [
  ['a block of the fourth kind', [0x07], /a block is of no kind/],
  ['a stored block whose lengths do not fit', [0x01, 5, 0, 5, 0], /a block has no length/],
  ['a match before the first byte', [0x03, 0x02, 0, 0, 0], /a match lies before the beginning/],
  ['an end inside a block', [0x01, 5, 0, 0xfa, 0xff, 1, 2], /the archive ends inside the test/],
];
for (const [what, bytes, message] of BROKEN)
  test(`${what} is refused`, () => {
    expect(() => inflate(Uint8Array.from(bytes))).toThrow(message);
  });

test('stored and deflated files are read, and those that nobody asks for are passed over', () => {
  const archive = zipSync({
    a: [Buffer.from('first'), { level: 0 }],
    b: [text(3000), { level: 6 }],
    c: [Buffer.from('last'), { level: 9 }],
  });
  expect(unzip(archive)).toEqual({ a: 'first', b: text(3000).toString(), c: 'last' });
  const zip = new ZipArchive('test', bytesInMemory(archive, 7));
  expect(zip.entries.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(joined(zip.pieces(zip.find('c')!)).toString()).toBe('last');
});

/** An archive of one file as a tool writes it that cannot go back: sizes and checksum stand behind the data. */
function streamed(): Buffer {
  const [header, data, name] = [Buffer.alloc(30), deflateRawSync(Buffer.from('streamed')), Buffer.from('a')];
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(8, 6);
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(1, 26);
  const [descriptor, entry, end] = [Buffer.alloc(16), Buffer.alloc(46), Buffer.alloc(22)];
  descriptor.writeUInt32LE(0x08074b50, 0);
  // CRC-32 of "streamed", by Python's zlib.
  descriptor.writeUInt32LE(0xd9221b63, 4);
  descriptor.writeUInt32LE(data.length, 8);
  descriptor.writeUInt32LE(8, 12);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(8, 10);
  descriptor.copy(entry, 16, 4);
  entry.writeUInt16LE(1, 28);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(47, 12);
  end.writeUInt32LE(30 + 1 + data.length + 16, 16);
  return Buffer.concat([header, name, data, descriptor, entry, name, end]);
}

test('sizes behind the data are understood', () => {
  for (const size of [1, 3, 997]) expect(unzip(streamed(), size)).toEqual({ a: 'streamed' });
});

test('a file whose bytes are not those that were stored is refused', () => {
  const archive = zipSync({ a: [Buffer.from('first'), { level: 0 }] });
  archive[31] = 0x46;
  expect(() => unzip(archive)).toThrow(/the checksum of a is not that of its bytes/);
});

test('an archive that ends before its directory is refused, and so is one that is none', () => {
  const archive = zipSync({ a: [text(3000), { level: 6 }] });
  expect(() => unzip(archive.subarray(0, 200))).toThrow(
    /test, byte 200: the archive has no directory at its end/,
  );
  expect(() => unzip(Buffer.from('hello, world'))).toThrow(/test, byte 0: this is no zip archive/);
  expect(() => unzip(Buffer.from(''))).toThrow(/test, byte 0: this is no zip archive/);
});
