import { crc32 } from 'node:zlib';
import { ByteSource } from './byte-source.ts';
import type { CaptureBytes } from './capture-bytes.ts';
import { CaptureError, printable } from './capture-error.ts';
import { Inflater } from './inflater.ts';

/** Signatures of a file, of the directory and of what stands behind it. [APPNOTE 4.3] */
const FILE = 0x04034b50;
const DIRECTORY = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

const END_SIZE = 22;
const LOCATOR_SIZE = 20;
const MAX_COMMENT = 0xffff;
/** Bytes of a directory that are held at most: some 200,000 files. */
const MAX_DIRECTORY = 16 << 20;

const STORED = 0;
const DEFLATED = 8;
const IS_ENCRYPTED = 1;
const ZIP64 = 0x0001;
const IN_ZIP64 = 0xffffffff;

/** One file of an archive, as the directory has it. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly checksum: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes when unpacked. */
  readonly size: number;
  readonly at: number;
}

/**
 * A zip archive, read by its directory: files can be taken in any order, and what is not asked for is not read. Memory
 * does not grow with the files.
 */
export class ZipArchive {
  readonly entries: readonly ZipEntry[];

  /** @throws CaptureError when it is no archive, or has lost its end. */
  constructor(
    private readonly format: string,
    private readonly file: CaptureBytes,
  ) {
    this.entries = this.#readDirectory();
  }

  /** The file of this name. */
  find(name: string): ZipEntry | undefined {
    return this.entries.find((entry) => entry.name === name);
  }

  /** The bytes of a file; a piece is a view that is valid until the next one. @throws CaptureError when it is damaged. */
  *pieces(entry: ZipEntry): Generator<Uint8Array> {
    const { name, method, packed } = entry;
    const shown = printable(name);
    if (entry.isEncrypted) this.#refuse(entry.at, `${shown} is encrypted.`);
    if (method !== STORED && method !== DEFLATED)
      this.#refuse(entry.at, `${shown} is compressed by method ${method}; 0 and 8 can be read.`);
    const from = this.#contentsAt(entry);
    const where = `inside ${shown}`;
    const source = new ByteSource(this.format, this.file.chunks(from, from + packed), from);
    let checksum = 0;
    let size = 0;
    for (const piece of method === STORED
      ? source.pass(packed, where)
      : new Inflater(source, where).pieces()) {
      checksum = crc32(piece, checksum);
      size += piece.length;
      if (size > entry.size) this.#refuse(from, `the archive is damaged: ${shown} is longer than it says.`);
      yield piece;
    }
    if (size !== entry.size)
      this.#refuse(from, `the archive is damaged: ${shown} ends after ${size} of ${entry.size} bytes.`);
    if (checksum !== entry.checksum)
      this.#refuse(from, `the archive is damaged: the checksum of ${shown} is not that of its bytes.`);
  }

  /** A file as a whole. @throws CaptureError when it has more than `most` bytes. */
  whole(entry: ZipEntry, most: number): Uint8Array {
    const refuse = (): never =>
      this.#refuse(entry.at, `${printable(entry.name)} has more than ${most} bytes.`);
    if (entry.size > most) refuse();
    const parts: Uint8Array[] = [];
    let length = 0;
    for (const piece of this.pieces(entry)) {
      length += piece.length;
      if (length > most) refuse();
      parts.push(piece.slice());
    }
    return Buffer.concat(parts);
  }

  #readDirectory(): ZipEntry[] {
    const { from, size, count } = this.#findDirectory();
    if (size > MAX_DIRECTORY)
      this.#refuse(from, `its directory has ${size} bytes; ${MAX_DIRECTORY} are the most that is read.`);
    const bytes = this.#read(from, size);
    const view = viewOf(bytes);
    const entries: ZipEntry[] = [];
    for (let at = 0; at < size && entries.length < count;) {
      if (at + 46 > size || view.getUint32(at, true) !== DIRECTORY)
        this.#refuse(from + at, 'the archive is damaged: its directory has no file here.');
      const lengths = [28, 30, 32].map((field) => view.getUint16(at + field, true));
      const end = at + 46 + lengths.reduce((sum, length) => sum + length, 0);
      if (end > size) this.#refuse(from + at, 'the archive is damaged: its directory is cut off.');
      entries.push(entryOf(bytes.subarray(at, end)));
      at = end;
    }
    return entries;
  }

  #findDirectory(): { from: number; size: number; count: number } {
    const tailAt = Math.max(0, this.file.size - END_SIZE - MAX_COMMENT);
    const tail = this.#read(tailAt, this.file.size - tailAt);
    const view = viewOf(tail);
    if (tail.length < 4 || !this.#beginsAsArchive()) this.#refuse(0, 'this is no zip archive.');
    let at = tail.length - END_SIZE;
    while (at >= 0 && view.getUint32(at, true) !== END) at--;
    if (at < 0)
      this.#refuse(
        this.file.size,
        'the archive has no directory at its end: it is cut off, or not yet written.',
      );
    const [count, size, from] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 12, true),
      view.getUint32(at + 16, true),
    ];
    const end = tailAt + at;
    if (from !== IN_ZIP64 && size !== IN_ZIP64 && count !== 0xffff) {
      if (from + size > end) this.#refuse(end, 'the archive is damaged: its directory lies behind its end.');
      return { from, size, count };
    }
    return this.#findDirectory64(end);
  }

  #findDirectory64(end: number): { from: number; size: number; count: number } {
    const locator = viewOf(this.#read(Math.max(0, end - LOCATOR_SIZE), LOCATOR_SIZE));
    if (locator.byteLength < LOCATOR_SIZE || locator.getUint32(0, true) !== LOCATOR_64)
      this.#refuse(end, 'the archive is damaged: its directory cannot be found.');
    const at = whole64(locator, 8);
    const record = viewOf(at + 56 <= this.file.size ? this.#read(at, 56) : new Uint8Array(0));
    if (record.byteLength < 56 || record.getUint32(0, true) !== END_64)
      this.#refuse(end, 'the archive is damaged: its directory cannot be found.');
    const found = { count: whole64(record, 32), size: whole64(record, 40), from: whole64(record, 48) };
    if (!(found.from + found.size <= end))
      this.#refuse(end, 'the archive is damaged: its directory lies behind its end.');
    return found;
  }

  #beginsAsArchive(): boolean {
    const begin = viewOf(this.#read(0, 4));
    return begin.byteLength === 4 && [FILE, END].includes(begin.getUint32(0, true));
  }

  /** Where the bytes of a file begin: its own header may be longer than that of the directory. */
  #contentsAt({ at, name }: ZipEntry): number {
    const header = viewOf(at + 30 <= this.file.size ? this.#read(at, 30) : new Uint8Array(0));
    if (header.byteLength < 30 || header.getUint32(0, true) !== FILE)
      this.#refuse(at, `the archive is damaged: ${printable(name)} does not begin here.`);
    return at + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  }

  #read(from: number, size: number): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const piece of this.file.chunks(from, from + size)) parts.push(piece.slice());
    return Buffer.concat(parts);
  }

  #refuse(offset: number, problem: string): never {
    throw new CaptureError(this.format, offset, problem);
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** A number of 64 bits; Infinity when it is larger than any file. */
function whole64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value);
}

/** A file by its entry of the directory. [APPNOTE 4.3.12] */
function entryOf(bytes: Uint8Array): ZipEntry {
  const view = viewOf(bytes);
  const nameLength = view.getUint16(28, true);
  const extra = bytes.subarray(46 + nameLength, 46 + nameLength + view.getUint16(30, true));
  const [packed, size, at] = in64(
    extra,
    [20, 24, 42].map((field) => view.getUint32(field, true)),
  );
  return {
    name: Buffer.from(bytes.subarray(46, 46 + nameLength)).toString('utf8'),
    method: view.getUint16(10, true),
    isEncrypted: (view.getUint16(8, true) & IS_ENCRYPTED) !== 0,
    checksum: view.getUint32(16, true),
    packed: packed!,
    size: size!,
    at: at!,
  };
}

/** Packed size, size and place, those that do not fit 32 bits taken from the extra field. [APPNOTE 4.5.3] */
function in64(extra: Uint8Array, [packed, size, place]: readonly number[]): number[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== ZIP64) continue;
    let next = at + 4;
    const long = (short: number): number => {
      if (short !== IN_ZIP64 || next + 8 > extra.length) return short;
      next += 8;
      return whole64(view, next - 8);
    };
    const [longSize, longPacked] = [long(size!), long(packed!)];
    return [longPacked, longSize, long(place!)];
  }
  return [packed!, size!, place!];
}
