import { CaptureError } from './capture-error.ts';
import type { CaptureBytes } from './capture-bytes.ts';
import type { LevelSink } from './spi-decoder.ts';
import type { Waves } from './waves.ts';

/** Bytes of one sample, all channels together, least significant first. */
export type SampleSize = 1 | 2 | 4;

/** Samples turned into levels in one go. */
const RUN = 1 << 16;

/** Samples at one rate, told wherever a used channel changes. A sample may be split between two chunks. */
export class SampleReader {
  /** For each byte of a sample, the levels that its value stands for. */
  readonly #tables: readonly Uint8Array[];
  /** Bytes of a sample that have a used channel. */
  readonly #used: readonly number[];
  readonly #run: Uint8Array;
  #count = 0;
  #filled = 0;
  /** Bytes of a sample that have come, and their levels. */
  #at = 0;
  #levels = 0;

  constructor(
    private readonly format: string,
    private readonly size: number,
    /** Bits of the levels for each channel, channel 0 first; 0 when it is of no use. */
    bits: readonly number[],
    private readonly sink: LevelSink,
  ) {
    if (bits.length > 8 * size)
      throw new CaptureError(format, 0, `${bits.length} channels do not fit samples of ${size} bytes.`);
    this.#tables = Array.from({ length: size }, (_, byte) => tableOf(bits.slice(8 * byte, 8 * byte + 8)));
    this.#used = [...this.#tables.keys()].filter((byte) =>
      this.#tables[byte]!.some((levels) => levels !== 0),
    );
    this.#run = new Uint8Array(size === 1 ? 0 : RUN);
  }

  push(chunk: Uint8Array): void {
    if (this.size > 1) {
      this.#spread(chunk);
      return;
    }
    this.sink.samples(chunk, this.#count, this.#tables[0]!);
    this.#count += chunk.length;
  }

  /** `mayBeCut`: the recording may have been stopped inside its last sample, which then does not count. */
  end(mayBeCut = false): void {
    this.#flush();
    if (this.#at > 0 && !mayBeCut)
      throw new CaptureError(
        this.format,
        this.#count * this.size,
        `the last sample has ${this.#at} of ${this.size} bytes.`,
      );
    if (this.#count === 0) throw new CaptureError(this.format, 0, 'there is no sample.');
    this.sink.end(this.#count);
  }

  /** Samples of several bytes become their levels, one byte each. */
  #spread(chunk: Uint8Array): void {
    let from = 0;
    while (this.#at !== 0 && from < chunk.length) this.#byte(chunk[from++]!);
    const whole = chunk.length - ((chunk.length - from) % this.size);
    while (from < whole) from = this.#whole(chunk, from, whole);
    while (from < chunk.length) this.#byte(chunk[from++]!);
  }

  /** As many whole samples as there is room for. Answers where the next one begins. */
  #whole(chunk: Uint8Array, from: number, to: number): number {
    const { size } = this;
    const run = this.#run;
    const filled = this.#filled;
    const count = Math.min(RUN - filled, (to - from) / size);
    run.fill(0, filled, filled + count);
    for (const offset of this.#used) {
      const table = this.#tables[offset]!;
      for (let i = filled, at = from + offset; i < filled + count; i++, at += size)
        run[i]! |= table[chunk[at]!]!;
    }
    this.#filled += count;
    if (this.#filled === RUN) this.#flush();
    return from + count * size;
  }

  #byte(byte: number): void {
    this.#levels |= this.#tables[this.#at]![byte]!;
    if (++this.#at < this.size) return;
    this.#run[this.#filled++] = this.#levels;
    this.#at = 0;
    this.#levels = 0;
    if (this.#filled === RUN) this.#flush();
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.sink.samples(this.#run.subarray(0, this.#filled), this.#count, SAME);
    this.#count += this.#filled;
    this.#filled = 0;
  }
}

/** Levels that stand for themselves. */
export const SAME = Uint8Array.from({ length: 256 }, (_, levels) => levels);

const tableOf = (bits: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, value) =>
    bits.reduce((levels, bit, i) => (((value >>> i) & 1) === 1 ? levels | bit : levels), 0),
  );

/** What a file of bare samples does not say about itself. */
export interface RawLayout {
  readonly sampleRateHz: number;
  /** Bytes of one sample. */
  readonly sampleBytes?: SampleSize;
  /** Names of the channels, bit 0 first. */
  readonly channels: readonly string[];
}

const FORMAT = 'raw samples';

/** Opens a file that is nothing but samples. @throws CaptureError when the layout makes no sense. */
export function openRaw(file: CaptureBytes, layout: RawLayout): Waves {
  if (!(layout.sampleRateHz > 0 && layout.sampleRateHz < Infinity))
    throw new CaptureError(FORMAT, 0, `${layout.sampleRateHz} Hz is no sample rate.`);
  return {
    format: FORMAT,
    nsPerTick: 1e9 / layout.sampleRateHz,
    names: layout.channels,
    tell: (bits, sink) => {
      const reader = new SampleReader(FORMAT, layout.sampleBytes ?? 1, bits, sink);
      for (const chunk of file.chunks()) reader.push(chunk);
      reader.end();
    },
  };
}
