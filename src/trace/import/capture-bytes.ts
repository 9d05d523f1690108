import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Chunks } from './chunks.ts';

/** The bytes of a capture, which can be read from any place on and as often as wanted. */
export interface CaptureBytes {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /** The bytes from `from` to `to`, piece by piece; a piece is a view that is valid until the next one. */
  chunks(from?: number, to?: number): Chunks;
  /** A file of this name in the same folder; undefined when there is none. */
  sibling?(name: string): CaptureBytes | undefined;
}

const PIECE = 1 << 20;

/** The bytes of a file on disk. @throws Error of the file system */
export function fileBytes(path: string): CaptureBytes {
  return {
    name: basename(path),
    size: statSync(path).size,
    chunks: (from = 0, to = Infinity) => chunksOf(path, from, to),
    sibling: (name) => {
      const other = join(dirname(path), name);
      return statSync(other, { throwIfNoEntry: false })?.isFile() === true ? fileBytes(other) : undefined;
    },
  };
}

/** The file is open during each read alone, so that nothing stays open when nobody asks for the rest. */
function* chunksOf(path: string, from: number, to: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(Math.max(1, Math.min(PIECE, to - from)));
  for (let at = from; at < to;) {
    const length = readAt(path, buffer.subarray(0, Math.min(buffer.length, to - at)), at);
    if (length === 0) return;
    at += length;
    yield buffer.subarray(0, length);
  }
}

function readAt(path: string, into: Uint8Array, at: number): number {
  const file = openSync(path, 'r');
  try {
    return readSync(file, into, 0, into.length, at);
  } finally {
    closeSync(file);
  }
}

/** Bytes in memory, given in pieces of `piece` bytes. */
export function bytesInMemory(bytes: Uint8Array, piece = PIECE, name = 'memory'): CaptureBytes {
  return {
    name,
    size: bytes.length,
    *chunks(from = 0, to = bytes.length) {
      for (let at = from; at < Math.min(to, bytes.length); at += piece)
        yield bytes.subarray(at, Math.min(at + piece, to, bytes.length));
    },
  };
}

/** The first bytes, `most` of them at most, in memory of their own. */
export function beginningOfFile(file: CaptureBytes, most: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const piece of file.chunks(0, most)) parts.push(piece.slice());
  return Buffer.concat(parts);
}
