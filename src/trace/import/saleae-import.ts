import { CaptureError } from './capture-error.ts';
import type { ChannelMap } from './channels.ts';
import { assignChannels } from './channels.ts';
import type { Chunks } from './chunks.ts';
import type { LevelSink } from './spi-decoder.ts';
import { readZip } from './zip-reader.ts';

const FORMAT = 'Saleae capture';
/**
 * The channels stand one behind the other and have to be held together. An edge takes one byte or two: this is more
 * than a hundred million of them.
 */
const MOST_BYTES = 256 << 20;

/**
 * Reads a Saleae Logic 2 capture (`.sal`): a zip archive with `meta.json`, which names the channels, and one
 * `digital-N.bin` a channel. The maker does not document the binary files and may change them; version 1 is read, as
 * the captures this was checked against have it, and any other is refused.
 */
export function importSaleae(
  chunks: Chunks,
  channels: ChannelMap | undefined,
  begin: (nsPerTick: number, names: readonly string[], bits: readonly number[]) => LevelSink,
): void {
  const entries = new Map<string, Uint8Array>();
  let room = MOST_BYTES;
  for (const { name, pieces } of readZip(FORMAT, chunks)) {
    if (name !== 'meta.json' && !/^digital-\d+\.bin$/.test(name)) continue;
    const bytes = joined(name, pieces, room);
    room -= bytes.length;
    entries.set(name, bytes);
  }
  const meta = entries.get('meta.json');
  if (!meta) throw new CaptureError(FORMAT, 0, 'the archive has no meta.json.');
  const named = channelNames(meta);
  const files = [...named.keys()]
    .filter((index) => entries.has(`digital-${index}.bin`))
    .sort((a, b) => a - b);
  const names = files.map((index) => named.get(index)!);
  const bits = assignChannels(FORMAT, names, channels);
  const lines = files.flatMap((index, i) =>
    bits[i] === 0 ? [] : [new ChannelReader(`digital-${index}.bin`, entries, bits[i]!)],
  );
  const rate = lines[0]!.rate;
  for (const line of lines)
    if (line.rate !== rate || line.tick !== lines[0]!.tick)
      throw new CaptureError(FORMAT, 0, 'the channels differ in their sample rates or beginnings.');
  merge(lines, begin(1e9 / rate, names, bits));
}

function joined(name: string, pieces: Iterable<Uint8Array>, most: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    length += piece.length;
    if (length > most)
      throw new CaptureError(
        FORMAT,
        0,
        `its channels have more than ${MOST_BYTES >> 20} MiB in all, ${name} included. Export a shorter part, or a VCD.`,
      );
    parts.push(piece.slice());
  }
  return Buffer.concat(parts);
}

/** Names of the digital channels by their number. */
function channelNames(meta: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(meta).toString('utf8'));
  } catch (cause) {
    throw new CaptureError(FORMAT, 0, 'meta.json is no JSON.', { cause });
  }
  const rows = (parsed as { data?: { rowsSettings?: unknown } } | null)?.data?.rowsSettings;
  if (!Array.isArray(rows)) throw new CaptureError(FORMAT, 0, 'meta.json names no channels.');
  for (const row of rows as ({ index?: unknown; type?: unknown; name?: unknown } | null)[])
    if (row?.type === 'Digital' && typeof row.index === 'number' && typeof row.name === 'string')
      names.set(row.index, row.name);
  return names;
}

/** Tells the levels wherever any channel changes. */
function merge(lines: readonly ChannelReader[], sink: LevelSink): void {
  let levels = 0;
  for (const line of lines) levels |= line.isHigh ? line.bit : 0;
  let now = lines[0]!.tick;
  sink.change(levels, now);
  for (const line of lines) line.advance();
  for (;;) {
    let next = Infinity;
    for (const line of lines) if (line.tick < next) next = line.tick;
    if (next === Infinity) break;
    now = next;
    for (const line of lines)
      if (line.tick === next) {
        levels = line.isHigh ? levels | line.bit : levels & ~line.bit;
        line.advance();
      }
    sink.change(levels, now);
  }
  sink.end(Math.max(now, ...lines.map(({ end }) => end)));
}

const HEADER_SIZE = 0x43;
const CHUNK_HEADER_SIZE = 48;
const INDEX_ENTRY_SIZE = 20;

/**
 * The transitions of one channel. After a header come chunks: start, end, length, sample rate, a one and a size in
 * bytes (each a 64-bit number), that many bytes of run lengths, and an index into them whose first entry also tells
 * the level at the chunk's start.
 */
class ChannelReader {
  readonly rate: number;
  /** The next change and the level from then on; Infinity when none is left. */
  tick = 0;
  isHigh = false;
  end = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = HEADER_SIZE;
  #runsEnd = HEADER_SIZE;
  #chunks: number;
  /** Where the run that begins next begins, and its level. */
  #position = 0;
  #level = false;

  constructor(
    private readonly name: string,
    entries: ReadonlyMap<string, Uint8Array>,
    readonly bit: number,
  ) {
    this.#bytes = entries.get(name)!;
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    this.#need(0, HEADER_SIZE);
    if (Buffer.from(this.#bytes.subarray(0, 8)).toString('latin1') !== '<SALEAE>')
      this.#refuse(0, 'it does not begin with <SALEAE>.');
    const version = this.#view.getUint32(8, true);
    if (version !== 1)
      this.#refuse(8, `its version is ${version}, and 1 can be read. Export the capture as CSV instead.`);
    if (this.#view.getUint32(12, true) !== 100) this.#refuse(12, 'it is not of a digital channel.');
    this.#chunks = this.#number(0x3b);
    if (this.#chunks === 0) this.#refuse(0x3b, 'it has no sample.');
    this.rate = this.#openChunk();
    if (!(this.rate > 0)) this.#refuse(HEADER_SIZE + 24, 'its sample rate is 0.');
    this.tick = this.#position;
    this.isHigh = this.#level;
  }

  /** Goes to the next change of the level. */
  advance(): void {
    const before = this.isHigh;
    for (;;) {
      while (this.#at >= this.#runsEnd) {
        this.#closeChunk();
        if (this.#chunks === 0) {
          this.tick = Infinity;
          return;
        }
        this.#openChunk();
      }
      const [from, level] = [this.#position, this.#level];
      this.#position += this.#run();
      this.#level = !level;
      if (level === before) continue;
      this.tick = from;
      this.isHigh = level;
      return;
    }
  }

  #openChunk(): number {
    const at = this.#at;
    this.#need(at, CHUNK_HEADER_SIZE);
    const start = this.#number(at);
    const size = this.#number(at + 40);
    this.end = this.#number(at + 8);
    if (start < this.#position || this.end < start)
      this.#refuse(at, 'a chunk does not follow the one before it.');
    this.#position = start;
    this.#at = at + CHUNK_HEADER_SIZE;
    this.#runsEnd = this.#at + size;
    // The index stands behind the runs: a count, then sample, byte and level of each entry.
    this.#need(this.#runsEnd, 8 + INDEX_ENTRY_SIZE);
    this.#level = this.#view.getUint32(this.#runsEnd + 8 + 16, true) !== 0;
    return this.#number(at + 24);
  }

  #closeChunk(): void {
    if (this.#position !== this.end && this.#at > HEADER_SIZE)
      this.#refuse(this.#at, 'the runs of a chunk do not add up to its length.');
    const count = this.#number(this.#runsEnd);
    this.#at = this.#runsEnd + 8 + count * INDEX_ENTRY_SIZE;
    this.#need(this.#at, 0);
    this.#chunks--;
  }

  /** A run's length less one: six bits in the first byte, seven in each that follows, most significant first. */
  #run(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    if (byte < 0x40) return byte + 1;
    if (byte >= 0x80) this.#refuse(this.#at - 1, 'a run begins with a byte that begins none.');
    let value = byte & 0x3f;
    do {
      if (this.#at >= this.#runsEnd) this.#refuse(this.#at, 'a run is cut off.');
      byte = bytes[this.#at++]!;
      value = value * 128 + (byte & 0x7f);
    } while (byte >= 0x80);
    return value + 1;
  }

  #number(at: number): number {
    this.#need(at, 8);
    const value = this.#view.getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.#refuse(at, 'a number is too large.');
    return Number(value);
  }

  #need(at: number, size: number): void {
    if (at < 0 || at + size > this.#bytes.length)
      this.#refuse(this.#bytes.length, `it ends where ${size} bytes at ${at} are needed.`);
  }

  #refuse(offset: number, problem: string): never {
    throw new CaptureError(`${FORMAT}, ${this.name}`, offset, problem);
  }
}
