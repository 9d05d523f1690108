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
    if (this.#size > 1) {
      this.#words(chunk);
      return;
    }
    this.sink.samples(chunk, this.#count, this.#table);
    this.#count += chunk.length;
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

/** Reads a file that is nothing but samples. */
export function importRaw(chunks: Chunks, size: SampleSize, bits: readonly number[], sink: LevelSink): void {
  const reader = new SampleReader('raw samples', size, bits, sink);
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
}
