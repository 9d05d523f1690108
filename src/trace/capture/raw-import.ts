import { CaptureError } from './capture-error.ts';
import type { Chunks } from './chunks.ts';
import type { LevelSink } from './spi-decoder.ts';

/** Bytes of one sample, all channels together, least significant first. */
export type SampleSize = 1 | 2 | 4;

/**
 * Samples at one rate, told wherever a used channel changes. A sample may be split between two chunks.
 */
export class SampleReader {
  readonly #size: SampleSize;
  readonly #used: number;
  readonly #bits: readonly number[];
  readonly #table: Uint8Array;
  #last = -1;
  #count = 0;
  readonly #rest: number[] = [];

  constructor(
    private readonly format: string,
    size: SampleSize,
    /** Bit of the levels for each channel, channel 0 first; 0 when it is of no use. */
    bits: readonly number[],
    private readonly sink: LevelSink,
  ) {
    if (bits.length > 8 * size)
      throw new CaptureError(format, 0, `${bits.length} channels do not fit samples of ${size} bytes.`);
    this.#size = size;
    this.#bits = bits;
    this.#used = bits.reduce((mask, bit, i) => (bit === 0 ? mask : mask | (1 << i)), 0);
    this.#table = Uint8Array.from({ length: 256 }, (_, sample) => this.#spread(sample));
  }

  push(chunk: Uint8Array): void {
    if (this.#size === 1) this.#bytes(chunk);
    else this.#words(chunk);
  }

  end(): void {
    if (this.#rest.length > 0)
      throw new CaptureError(
        this.format,
        this.#count * this.#size,
        `the last sample has ${this.#rest.length} of ${this.#size} bytes.`,
      );
    if (this.#count === 0) throw new CaptureError(this.format, 0, 'there is no sample.');
    this.sink.end(this.#count);
  }

  #spread(sample: number): number {
    let levels = 0;
    this.#bits.forEach((bit, i) => {
      if (((sample >>> i) & 1) === 1) levels |= bit;
    });
    return levels;
  }

  #bytes(chunk: Uint8Array): void {
    const used = this.#used;
    const table = this.#table;
    const { length } = chunk;
    const { sink } = this;
    const base = this.#count;
    let last = this.#last;
    let i = 0;
    // Four equal samples at a time: between two changes there are mostly more.
    const words = wordsOf(chunk);
    while (i < length) {
      const sample = chunk[i]! & used;
      if (sample !== last) {
        last = sample;
        sink.change(table[sample]!, base + i);
        i++;
        continue;
      }
      i++;
      if (words === undefined || (i & 3) !== 0) continue;
      const four = last * 0x01010101;
      const mask = used * 0x01010101;
      let word = i >> 2;
      while (word < words.length && ((words[word]! ^ four) & mask) === 0) word++;
      i = word << 2;
    }
    this.#last = last;
    this.#count = base + length;
  }

  #words(chunk: Uint8Array): void {
    const size = this.#size;
    for (const byte of chunk) {
      this.#rest.push(byte);
      if (this.#rest.length < size) continue;
      let sample = 0;
      for (let i = size - 1; i >= 0; i--) sample = (sample << 8) | this.#rest[i]!;
      this.#rest.length = 0;
      sample &= this.#used;
      if (sample !== this.#last || this.#count === 0) {
        this.#last = sample;
        this.sink.change(this.#spread(sample), this.#count);
      }
      this.#count++;
    }
  }
}

/** The chunk as words of four samples, when it lies so that it can be seen as such. */
const wordsOf = (chunk: Uint8Array): Int32Array | undefined =>
  (chunk.byteOffset & 3) === 0
    ? new Int32Array(chunk.buffer, chunk.byteOffset, chunk.length >> 2)
    : undefined;

/** Reads a file that is nothing but samples. */
export function importRaw(chunks: Chunks, size: SampleSize, bits: readonly number[], sink: LevelSink): void {
  const reader = new SampleReader('raw samples', size, bits, sink);
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
}
