import type { Channel, Dial } from '../../../src/boards/remote/channel.ts';

/**
 * Connections that are cut when so many bytes have gone over them, both ways together, in the middle of a message or
 * between two; each number is for one connection, and the later ones are whole.
 */
export function cutAfter(dial: Dial, cuts: readonly number[]): Dial {
  let next = 0;
  return () => {
    const inner = dial();
    let left = cuts[next++] ?? Number.POSITIVE_INFINITY;
    const pass = (bytes: Uint8Array): Uint8Array => {
      const part = bytes.subarray(0, Math.max(0, left));
      left -= bytes.length;
      return part;
    };
    const outer: Channel = {
      send: (bytes) => {
        const part = pass(bytes);
        if (part.length > 0) inner.send(part);
        // What was sent is to arrive before the connection ends.
        if (left <= 0)
          setTimeout(() => {
            inner.cut();
          }, 5);
      },
      cut: () => {
        inner.cut();
      },
      onBytes: () => undefined,
      onEnd: () => undefined,
    };
    inner.onBytes = (bytes) => {
      const part = pass(bytes);
      if (part.length > 0) outer.onBytes(Buffer.from(part));
      if (left <= 0) inner.cut();
    };
    inner.onEnd = (end) => {
      outer.onEnd(end);
    };
    return outer;
  };
}
