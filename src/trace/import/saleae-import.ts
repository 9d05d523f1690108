import { ByteSource } from './byte-source.ts';
import type { CaptureBytes } from './capture-bytes.ts';
import { CaptureError } from './capture-error.ts';
import type { Chunks } from './chunks.ts';
import type { Transitions } from './saleae-merge.ts';
import { mergeChannels } from './saleae-merge.ts';
import type { Waves } from './waves.ts';
import type { ZipEntry } from './zip-reader.ts';
import { ZipArchive } from './zip-reader.ts';

const FORMAT = 'Saleae capture';
/**
 * A chunk is held as a whole, since the level at its beginning stands behind it. An edge takes one byte or two: this is
 * more than thirty million of them in one chunk.
 */
const MAX_CHUNK = 32 << 20;

/** What meta.json takes at most; Logic's own have some ten kilobytes. */
const MAX_META = 4 << 20;

/**
 * Opens a Saleae Logic 2 capture (`.sal`): a zip archive with `meta.json`, which names the channels, and one
 * `digital-N.bin` a channel. The maker does not document the binary files and may change them; version 1 is read, as
 * the captures this was checked against have it, and any other is refused.
 */
export function openSaleae(file: CaptureBytes): Waves {
  const archive = new ZipArchive(FORMAT, file);
  const meta = archive.find('meta.json');
  if (!meta) throw new CaptureError(FORMAT, 0, 'the archive has no meta.json.');
  const named = channelNames(archive.whole(meta, MAX_META));
  const files = archive.entries
    .flatMap((entry) => {
      const number = /^digital-(\d{1,4})\.bin$/.exec(entry.name)?.[1];
      return number === undefined ? [] : [{ entry, index: Number(number) }];
    })
    .sort((a, b) => a.index - b.index);
  if (files.length === 0) throw new CaptureError(FORMAT, 0, noDigital(archive));
  return {
    format: FORMAT,
    nsPerTick: nsPerTickOf(archive, files[0]!.entry),
    names: files.map(({ index }) => named.get(index) ?? `Channel ${index}`),
    tell: (bits, sink) => {
      const used = files.map(({ entry }) => entry).filter((_, i) => bits[i] !== 0);
      const bitOf = bits.filter((bit) => bit !== 0);
      const lines = used.map((entry, i) => new ChannelReader(entry.name, archive.pieces(entry), bitOf[i]!));
      if (lines.some(({ rate, tick }) => rate !== lines[0]!.rate || tick !== lines[0]!.tick))
        throw new CaptureError(FORMAT, 0, 'the channels differ in their sample rates or beginnings.');
      mergeChannels(lines, sink);
    },
  };
}

const noDigital = ({ entries }: ZipArchive): string =>
  entries.some(({ name }) => /^analog-\d+/.test(name))
    ? 'it has analog channels only. Record the bus with digital channels, or export the analog ones as digital.'
    : 'it has no digital channel.';

/** The sample period, by the first chunk of a channel. */
function nsPerTickOf(archive: ZipArchive, entry: ZipEntry): number {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const piece of archive.pieces(entry)) {
    parts.push(piece.slice(0, BEGINNING));
    length += piece.length;
    if (length >= BEGINNING) break;
  }
  return 1e9 / rateOf(entry.name, Buffer.concat(parts));
}

/** A row of the window as any version of Logic 2 has it: until 2023 the channel itself, then with the channel in it. */
interface Row {
  readonly index?: unknown;
  readonly type?: unknown;
  readonly name?: unknown;
  readonly channel?: { readonly type?: unknown; readonly deviceChannel?: unknown; readonly index?: unknown };
}

/** Names of the digital channels by their number. Rows of analysers, of notes and of what is still to come are no channels. */
function channelNames(meta: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  for (const row of rowsOf(meta)) {
    const channel = row?.channel ?? row;
    if (channel?.type !== 'Digital' || typeof row?.name !== 'string') continue;
    const number = 'deviceChannel' in channel ? channel.deviceChannel : channel.index;
    if (typeof number === 'number') names.set(number, row.name);
  }
  return names;
}

function rowsOf(meta: Uint8Array): readonly (Row | null)[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(meta).toString('utf8'));
  } catch (cause) {
    throw new CaptureError(FORMAT, 0, 'meta.json is no JSON.', { cause });
  }
  const rows = (parsed as { data?: { rowsSettings?: unknown } } | null)?.data?.rowsSettings;
  return Array.isArray(rows) ? (rows as (Row | null)[]).filter((row) => typeof row === 'object') : [];
}

const HEADER_SIZE = 0x43;
const CHUNK_HEADER_SIZE = 48;
const INDEX_ENTRY_SIZE = 20;
/** Bytes that a channel's header and that of its first chunk take. */
const BEGINNING = HEADER_SIZE + CHUNK_HEADER_SIZE;

/** The sample rate that the beginning of a channel states. @throws CaptureError when it cannot be read */
function rateOf(name: string, bytes: Uint8Array): number {
  const refuse = (offset: number, problem: string): never => {
    throw new CaptureError(`${FORMAT}, ${name}`, offset, problem);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < BEGINNING) refuse(bytes.length, `it ends where ${BEGINNING} bytes are needed.`);
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== '<SALEAE>')
    refuse(0, 'it does not begin with <SALEAE>.');
  const version = view.getUint32(8, true);
  if (version !== 1)
    refuse(8, `its version is ${version}, and 1 can be read. Export the capture as CSV instead.`);
  if (view.getUint32(12, true) !== 100) refuse(12, 'it is not of a digital channel.');
  const rate = Number(view.getBigUint64(HEADER_SIZE + 24, true));
  if (!(rate > 0 && rate < 1e15)) refuse(HEADER_SIZE + 24, `${rate} Hz is no sample rate.`);
  return rate;
}

/**
 * The transitions of one channel. After a header come chunks: start, end, length, sample rate, a one and a size in
 * bytes (each a 64-bit number), that many bytes of run lengths, and an index into them whose first entry also tells
 * the level at the chunk's start. One chunk is held at a time.
 */
class ChannelReader implements Transitions {
  readonly rate: number;
  /** The next change and the level from then on; Infinity when none is left. */
  tick = 0;
  level = false;
  end = 0;
  readonly #source: ByteSource;
  /** Run lengths of the chunk that is read, and how far. */
  #runs = new Uint8Array(0);
  #length = 0;
  #at = 0;
  #chunks: number;
  /** Where the run that begins next begins, and its level. */
  #position = 0;
  #level = false;

  constructor(
    name: string,
    pieces: Chunks,
    readonly bit: number,
  ) {
    this.#source = new ByteSource(`${FORMAT}, ${name}`, pieces);
    const beginning = this.#source.take(BEGINNING, 'in its header').slice();
    this.rate = rateOf(name, beginning);
    this.#chunks = this.#number(beginning, 0x3b);
    if (this.#chunks === 0) this.#source.refuse('it has no sample.');
    this.#openChunk(beginning.subarray(HEADER_SIZE));
    this.tick = this.#position;
    this.level = this.#level;
  }

  /** Goes to the next change of the level. */
  advance(): void {
    const before = this.level;
    for (;;) {
      while (this.#at >= this.#length) {
        if (this.#position !== this.end)
          this.#source.refuse('the runs of a chunk do not add up to its length.');
        this.#chunks--;
        if (this.#chunks === 0) {
          this.#source.finish();
          this.tick = Infinity;
          return;
        }
        this.#openChunk(this.#source.take(CHUNK_HEADER_SIZE, 'in the header of a chunk'));
      }
      const [from, level] = [this.#position, this.#level];
      this.#position += this.#run();
      this.#level = !level;
      if (level === before) continue;
      this.tick = from;
      this.level = level;
      return;
    }
  }

  /** Reads a chunk whose header this is. */
  #openChunk(header: Uint8Array): void {
    const start = this.#number(header, 0);
    this.end = this.#number(header, 8);
    const size = this.#number(header, 40);
    if (start < this.#position || this.end < start)
      this.#source.refuse('a chunk does not follow the one before it.');
    if (size > MAX_CHUNK)
      this.#source.refuse(
        `a chunk has ${size} bytes, and at most ${MAX_CHUNK} can be held. Export a shorter part, or a VCD.`,
      );
    this.#position = start;
    this.#at = 0;
    this.#length = size;
    if (size > this.#runs.length) this.#runs = new Uint8Array(size);
    let at = 0;
    for (const piece of this.#source.pass(size, 'in the runs of a chunk')) {
      this.#runs.set(piece, at);
      at += piece.length;
    }
    this.#readIndex();
  }

  /** The index stands behind the runs: a count, then sample, byte and level of each entry. */
  #readIndex(): void {
    const first = this.#source.take(8 + INDEX_ENTRY_SIZE, 'in the index of a chunk');
    this.#level = viewOf(first).getUint32(8 + 16, true) !== 0;
    const count = this.#number(first, 0);
    if (count < 1) this.#source.refuse('the index of a chunk is empty.');
    this.#source.skip((count - 1) * INDEX_ENTRY_SIZE, 'in the index of a chunk');
  }

  /** A run's length less one: six bits in the first byte, seven in each that follows, most significant first. */
  #run(): number {
    const bytes = this.#runs;
    let byte = bytes[this.#at++]!;
    if (byte < 0x40) return byte + 1;
    if (byte >= 0x80) this.#source.refuse('a run begins with a byte that begins none.');
    let value = byte & 0x3f;
    do {
      if (this.#at >= this.#length) this.#source.refuse('a run is cut off.');
      byte = bytes[this.#at++]!;
      value = value * 128 + (byte & 0x7f);
    } while (byte >= 0x80);
    return value + 1;
  }

  #number(bytes: Uint8Array, at: number): number {
    const value = viewOf(bytes).getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.#source.refuse('a number is too large.');
    return Number(value);
  }
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, length);
