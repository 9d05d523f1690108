import { crc32 } from 'node:zlib';
import { ByteSource } from './byte-source.ts';
import type { Chunks } from './chunks.ts';
import { Inflater } from './inflater.ts';

/** Signatures of a file, of what may stand behind its data, and of the directory. [APPNOTE 4.3] */
const FILE = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const DIRECTORY = 0x02014b50;
const EMPTY_DIRECTORY = 0x06054b50;

const STORED = 0;
const DEFLATED = 8;
/** Flag bits: encrypted; sizes and checksum stand behind the data. */
const IS_ENCRYPTED = 1;
const HAS_DESCRIPTOR = 8;
const ZIP64 = 0x0001;
const IN_ZIP64 = 0xffffffff;

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Its bytes; a piece is a view that is valid until the next one. What is not asked for is passed over. */
  readonly pieces: Iterable<Uint8Array>;
}

interface LocalHeader {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly checksum: number;
  readonly size: number;
  readonly hasDescriptor: boolean;
  readonly isZip64: boolean;
}

/**
 * Reads a zip archive from front to back in memory that does not grow with it, and checks each file's checksum.
 *
 * @throws CaptureError when the archive is damaged or cut off.
 */
export function* readZip(format: string, chunks: Chunks): Generator<ZipEntry> {
  const source = new ByteSource(format, chunks);
  for (let count = 0; ; count++) {
    const kind = viewOf(source.take(4, 'before its directory')).getUint32(0, true);
    if (kind === DIRECTORY || kind === EMPTY_DIRECTORY) return;
    if (kind !== FILE) {
      source.at -= 4;
      source.refuse(count === 0 ? 'this is no zip archive.' : 'the archive is damaged: no file begins here.');
    }
    const header = readHeader(source);
    const contents = readContents(source, header);
    const entry = new OpenEntry(header.name, contents);
    yield entry;
    if (!entry.isTaken) passOver(source, header, contents);
  }
}

class OpenEntry implements ZipEntry {
  isTaken = false;

  constructor(
    readonly name: string,
    private readonly contents: Iterable<Uint8Array>,
  ) {}

  get pieces(): Iterable<Uint8Array> {
    return this;
  }

  [Symbol.iterator](): Iterator<Uint8Array> {
    this.isTaken = true;
    return this.contents[Symbol.iterator]();
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function readHeader(source: ByteSource): LocalHeader {
  const fixed = viewOf(source.take(26, 'inside the header of a file'));
  const flags = fixed.getUint16(2, true);
  const method = fixed.getUint16(4, true);
  const checksum = fixed.getUint32(10, true);
  const stated = fixed.getUint32(14, true);
  const nameLength = fixed.getUint16(22, true);
  const extraLength = fixed.getUint16(24, true);
  const name = printable(source.take(nameLength, 'inside a name'));
  const extra = source.take(extraLength, 'inside the header of a file');
  const size = stated === IN_ZIP64 ? sizeOfZip64(extra) : stated;
  return {
    name,
    method,
    isEncrypted: (flags & IS_ENCRYPTED) !== 0,
    checksum,
    size: size ?? source.refuse(`the archive is damaged: ${name} has no size.`),
    hasDescriptor: (flags & HAS_DESCRIPTOR) !== 0,
    isZip64: stated === IN_ZIP64,
  };
}

/** As far as it can be shown to a person. */
const printable = (name: Uint8Array): string =>
  Buffer.from(name.subarray(0, 80))
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '?');

/** The compressed size behind the original one; undefined when there is none that can be used. */
function sizeOfZip64(extra: Uint8Array): number | undefined {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== ZIP64) continue;
    const size = at + 20 <= extra.length ? view.getBigUint64(at + 12, true) : undefined;
    return size !== undefined && size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : undefined;
  }
  return undefined;
}

function passOver(source: ByteSource, header: LocalHeader, contents: Iterator<Uint8Array>): void {
  // Who does not say where it ends has to be read to be passed.
  const pieces = header.hasDescriptor ? contents : source.pass(header.size, `inside ${header.name}`);
  while (pieces.next().done !== true);
}

function* readContents(source: ByteSource, header: LocalHeader): Generator<Uint8Array> {
  const { name, method, size, hasDescriptor } = header;
  if (header.isEncrypted) source.refuse(`${name} is encrypted.`);
  if (method !== STORED && method !== DEFLATED)
    source.refuse(`${name} is compressed by method ${method}; 0 and 8 can be read.`);
  if (method === STORED && hasDescriptor) source.refuse(`${name} is stored and does not say how long it is.`);
  const where = `inside ${name}`;
  const began = source.offset;
  let checksum = 0;
  for (const piece of method === STORED ? source.pass(size, where) : new Inflater(source, where).pieces()) {
    checksum = crc32(piece, checksum);
    yield piece;
  }
  if (!hasDescriptor && source.offset - began !== size)
    source.refuse(`the archive is damaged: ${name} ends after ${source.offset - began} of ${size} bytes.`);
  const expected = hasDescriptor ? readDescriptor(source, header) : header.checksum;
  if (checksum !== expected)
    source.refuse(`the archive is damaged: the checksum of ${name} is not that of its bytes.`);
}

/** The checksum that stands behind a file's data; a signature before it may be missing. */
function readDescriptor(source: ByteSource, { name, isZip64 }: LocalHeader): number {
  const where = `behind ${name}`;
  const first = viewOf(source.take(4, where)).getUint32(0, true);
  const checksum = first === DESCRIPTOR ? viewOf(source.take(4, where)).getUint32(0, true) : first;
  source.take(isZip64 ? 16 : 8, where);
  return checksum;
}
