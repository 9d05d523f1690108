import { closeSync, openSync, readSync } from 'node:fs';

/** A file or a part of one, piece by piece. A piece is a view that is valid until the next one. */
export type Chunks = Iterable<Uint8Array>;

/** The bytes of a file from `from` to `to`. */
export function* chunksOf(path: string, size = 1 << 20): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(size);
    for (;;) {
      const length = readSync(file, buffer, 0, size, null);
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}
