import { inflateRawSync } from 'node:zlib';
import type { UnzipDecoder } from 'fflate';
import { Inflate, Unzip, UnzipPassThrough } from 'fflate';
import { CaptureError } from './capture-error.ts';
import type { Chunks } from './chunks.ts';

/** Up to this size an entry is inflated in one go, which Node does faster than a stream in JavaScript. */
const IN_ONE_GO = 16 << 20;

/** Takes one entry of an archive, piece by piece; undefined for an entry that is of no use. */
export type EntryTaker = (name: string) => ((piece: Uint8Array, isLast: boolean) => void) | undefined;

/**
 * Reads a zip archive from front to back and never holds more than one entry of IN_ONE_GO bytes.
 *
 * @throws CaptureError when the archive is damaged or cut off.
 */
export function readZip(format: string, chunks: Chunks, take: EntryTaker): void {
  let offset = 0;
  let open: string | undefined;
  const unzip = new Unzip((entry) => {
    const taker = take(entry.name);
    if (taker === undefined) return;
    open = entry.name;
    entry.ondata = (error, piece, isLast) => {
      // The types promise a piece even beside an error.
      if (error as unknown) throw error as Error;
      taker(piece, isLast);
      if (isLast) open = undefined;
    };
    entry.start();
  });
  unzip.register(UnzipPassThrough);
  unzip.register(EntryInflate);
  try {
    for (const chunk of chunks) {
      // fflate keeps what it was given until the next push.
      unzip.push(chunk.slice(), false);
      offset += chunk.length;
    }
    unzip.push(new Uint8Array(0), true);
  } catch (error) {
    if (error instanceof CaptureError) throw error;
    throw new CaptureError(format, offset, `the zip archive is damaged: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (open !== undefined) throw new CaptureError(format, offset, `the zip archive ends inside ${open}.`);
}

class EntryInflate implements UnzipDecoder {
  static readonly compression = 8;
  ondata: UnzipDecoder['ondata'] = () => undefined;
  readonly terminate = (): void => undefined;
  readonly #stream: Inflate | undefined;
  readonly #pieces: Uint8Array[] = [];

  readonly #size: number;

  constructor(_name: string, _size?: number, originalSize?: number) {
    this.#size = originalSize ?? Infinity;
    if (this.#size <= IN_ONE_GO) return;
    this.#stream = new Inflate((piece, isLast) => {
      this.ondata(null, piece, isLast);
    });
  }

  push(piece: Uint8Array, isLast: boolean): void {
    if (this.#stream) {
      this.#stream.push(piece, isLast);
      return;
    }
    this.#pieces.push(piece.slice());
    if (!isLast) return;
    // One buffer of the entry's size instead of many small ones that are then joined.
    const options = { maxOutputLength: IN_ONE_GO, chunkSize: Math.max(64, this.#size) };
    this.ondata(null, inflateRawSync(Buffer.concat(this.#pieces), options), true);
  }
}
