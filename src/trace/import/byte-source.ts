import { CaptureError } from './capture-error.ts';
import type { Chunks } from './chunks.ts';

/** Number of bytes before `at` that stay readable when more come. An inflater may have to give that many back. */
const KEPT = 4;
/** Zeros after the end of the file, so that a reader may look ahead without a check. */
const PADDING = 16;

/** The bytes of an archive in their order, for readers that need some at a time. */
export class ByteSource {
  /** What can be read now: `bytes` from `at` to `end`. */
  bytes = new Uint8Array(KEPT);
  /** The same memory, for numbers. */
  view = new DataView(this.bytes.buffer);
  at = KEPT;
  end = KEPT;
  readonly #chunks: Iterator<Uint8Array>;
  /** Offset in the file of the first of `bytes`. */
  #base: number;
  /** Where in `bytes` the file ends; Infinity until it is known. */
  #last = Infinity;

  constructor(
    private readonly format: string,
    chunks: Chunks,
    /** Offset in the file of the first chunk. */
    from = 0,
  ) {
    this.#base = from - KEPT;
    this.#chunks = chunks[Symbol.iterator]();
  }

  /** More was taken than the file has. */
  get isBeyondEnd(): boolean {
    return this.at > this.#last;
  }

  /**
   * Brings more bytes behind those that are left; once, at the end of the file, zeros.
   * @throws CaptureError when the file ended before; `where` says inside what.
   */
  more(where: string): void {
    if (this.#last !== Infinity) this.refuse(`the archive ends ${where}.`);
    const next = this.#chunks.next();
    const chunk = next.done === true ? new Uint8Array(PADDING) : next.value;
    // An inflater may have given back bytes that lie before what is kept.
    const from = Math.max(0, this.at - KEPT);
    const left = this.end - from;
    const size = left + chunk.length;
    const kept = this.bytes.subarray(from, this.end);
    if (size > this.bytes.length) {
      const bytes = new Uint8Array(size);
      bytes.set(kept);
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer);
    } else this.bytes.copyWithin(0, from, this.end);
    this.bytes.set(chunk, left);
    this.#base += from;
    this.at -= from;
    this.end = size;
    if (next.done === true) this.#last = left;
  }

  /** The next `size` bytes, a view that is valid until the next call. */
  take(size: number, where: string): Uint8Array {
    while (this.end - this.at < size) this.more(where);
    this.at += size;
    if (this.isBeyondEnd) this.refuse(`the archive ends ${where}.`);
    return this.bytes.subarray(this.at - size, this.at);
  }

  /** The next `size` bytes, piece by piece. */
  *pass(size: number, where: string): Generator<Uint8Array> {
    for (let rest = size; rest > 0;) {
      if (this.at === this.end) this.more(where);
      const piece = this.take(Math.min(rest, this.end - this.at), where);
      rest -= piece.length;
      yield piece;
    }
  }

  /** Goes past the next `size` bytes. */
  skip(size: number, where: string): void {
    for (let rest = size; rest > 0;) {
      if (this.at === this.end) this.more(where);
      rest -= this.take(Math.min(rest, this.end - this.at), where).length;
    }
  }

  /** Reads the rest, so that who gives the bytes has looked at all of them. */
  finish(): void {
    while (this.#last === Infinity) {
      this.at = this.end;
      this.more('before its end');
    }
  }

  refuse(problem: string, options?: ErrorOptions): never {
    throw new CaptureError(this.format, Math.min(this.at, this.#last) + this.#base, problem, options);
  }
}
