import type { CaptureBytes } from './capture-bytes.ts';
import { CaptureError, printable } from './capture-error.ts';
import type { LevelSink } from './spi-decoder.ts';
import { SAME } from './raw-import.ts';
import type { Waves } from './waves.ts';
import type { ZipEntry } from './zip-reader.ts';
import { ZipArchive } from './zip-reader.ts';

const FORMAT = 'DSView capture';
const MAX_HEADER = 1 << 20;
const RATE_FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
/** Samples that are put together in one go. */
const RUN = 1 << 16;

/** Opens a DSView capture (`.dsl`): a header, and for each channel `L-N/0`, `L-N/1`, ... of eight samples a byte. */
export function openDslogic(file: CaptureBytes): Waves {
  const archive = new ZipArchive(FORMAT, file);
  const header = archive.find('header');
  if (header === undefined) throw new CaptureError(FORMAT, 0, 'the archive has no header.');
  const fields = fieldsOf(Buffer.from(archive.whole(header, MAX_HEADER)).toString('utf8'));
  const channels = [...fields].flatMap(([field, name]) => {
    const number = /^probe(\d{1,4})$/.exec(field)?.[1];
    if (number === undefined) return [];
    const blocks = blocksOf(archive.entries, Number(number));
    return blocks.length === 0 ? [] : [{ name, blocks }];
  });
  if (channels.length === 0)
    throw new CaptureError(
      FORMAT,
      0,
      'it has no logic channel that can be read. Export it from DSView as CSV.',
    );
  const samples = Number(fields.get('total samples') ?? NaN);
  return {
    format: FORMAT,
    nsPerTick: nsPerSample(fields.get('samplerate') ?? ''),
    names: channels.map(({ name }) => name),
    tell: (bits, sink) => {
      const used = channels.flatMap(({ blocks }, i) =>
        bits[i] === 0 ? [] : [new BitChannel(bits[i]!, bytesOf(archive, blocks))],
      );
      putTogether(used, samples > 0 ? samples : Infinity, sink);
    },
  };
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) fields.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  return fields;
}

function blocksOf(entries: readonly ZipEntry[], channel: number): ZipEntry[] {
  const start = `L-${channel}/`;
  return entries
    .filter(({ name }) => name.startsWith(start) && /^\d{1,9}$/.test(name.slice(start.length)))
    .sort((a, b) => Number(a.name.slice(start.length)) - Number(b.name.slice(start.length)));
}

/** NaN when the capture states none. */
function nsPerSample(rate: string): number {
  if (rate === '') return NaN;
  const parts = /^(\d+(?:\.\d+)?)\s?([kmg]?)(?:hz)?$/i.exec(rate);
  const hertz = parts === null ? NaN : Number(parts[1]) * RATE_FACTORS[parts[2]!.toLowerCase()]!;
  if (!(hertz > 0 && hertz < Infinity))
    throw new CaptureError(FORMAT, 0, `its samplerate, "${printable(rate)}", cannot be read.`);
  return 1e9 / hertz;
}

function* bytesOf(archive: ZipArchive, blocks: readonly ZipEntry[]): Generator<Uint8Array> {
  for (const block of blocks) yield* archive.pieces(block);
}

/** One channel, eight samples a byte, the first one lowest. */
class BitChannel {
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** For each byte of the file two words, of four levels each. */
  readonly #words: Int32Array;

  constructor(
    bit: number,
    private readonly pieces: Iterator<Uint8Array>,
  ) {
    const levels = Uint8Array.from({ length: 8 << 8 }, (_, i) => (((i >> 3) >> (i & 7)) & 1) * bit);
    this.#words = new Int32Array(levels.buffer);
  }

  /** Adds its levels to words of four samples, as many as it has. Answers how many samples those are. */
  add(run: Int32Array): number {
    const words = this.#words;
    let filled = 0;
    while (filled < run.length) {
      if (this.#at === this.#piece.length && !this.#next()) break;
      const end = Math.min(this.#piece.length, this.#at + ((run.length - filled) >> 1));
      for (let at = this.#at; at < end; at++, filled += 2) {
        const byte = this.#piece[at]! << 1;
        run[filled]! |= words[byte]!;
        run[filled + 1]! |= words[byte + 1]!;
      }
      this.#at = end;
    }
    return filled << 2;
  }

  #next(): boolean {
    for (let next = this.pieces.next(); next.done !== true; next = this.pieces.next()) {
      if (next.value.length === 0) continue;
      this.#piece = next.value;
      this.#at = 0;
      return true;
    }
    return false;
  }
}

function putTogether(channels: readonly BitChannel[], most: number, sink: LevelSink): void {
  const run = new Uint8Array(RUN);
  const words = new Int32Array(run.buffer);
  let count = 0;
  while (count < most) {
    run.fill(0);
    const lengths = channels.map((channel) => channel.add(words));
    if (lengths.some((length) => length !== lengths[0]))
      throw new CaptureError(FORMAT, 0, 'its channels differ in their lengths.');
    const length = Math.min(lengths[0] ?? 0, most - count);
    if (length === 0) break;
    sink.samples(run.subarray(0, length), count, SAME);
    count += length;
  }
  if (count === 0) throw new CaptureError(FORMAT, 0, 'there is no sample.');
  sink.end(count);
}
