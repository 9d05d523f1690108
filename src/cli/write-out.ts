import { writeSync } from 'node:fs';

const STDOUT = 1;
/** Pause until the reader of a full pipe may have made room, in milliseconds. */
const FULL_MS = 1;
const pause = new Int32Array(new SharedArrayBuffer(4));
let isClosed = false;

/**
 * Writes to standard output, and waits while its reader is slower: a stream of Node would keep in memory what the reader
 * has not taken, as long as the program does not pause. What comes after the end of the reader is dropped.
 */
export function writeOut(text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0 && !isClosed)
    try {
      rest = rest.subarray(writeSync(STDOUT, rest));
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      if (code === 'EAGAIN') Atomics.wait(pause, 0, 0, FULL_MS);
      else if (code === 'EPIPE' || code === 'EIO') isClosed = true;
      else throw failure;
    }
}
