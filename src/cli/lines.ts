import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Stands in the place of a line that was too long. */
export const TOO_LONG = Symbol('a line that is too long');

/** The beginning of a line whose end has not come yet. */
class OpenLine {
  #parts: string[] = [];
  #length = 0;
  #isLost = false;

  constructor(private readonly most: number) {}

  add(part: string): void {
    this.#length += part.length;
    if (this.#length > this.most) {
      this.#isLost = true;
      this.#parts = [];
    } else if (part !== '') this.#parts.push(part);
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Returns the line, and begins the next one. */
  take(): string | typeof TOO_LONG {
    const line = this.#isLost ? TOO_LONG : this.#parts.join('').replace(/\r$/, '');
    this.#parts = [];
    this.#length = 0;
    this.#isLost = false;
    return line;
  }
}

/**
 * Splits a stream into lines. A line of more than `most` characters is dropped as it comes, so it needs no memory.
 */
export async function* linesOf(input: Readable, most: number): AsyncGenerator<string | typeof TOO_LONG> {
  const decoder = new StringDecoder('utf8');
  const open = new OpenLine(most);
  for await (const chunk of input) {
    const pieces = decoder.write(chunk as Buffer).split('\n');
    for (const [at, piece] of pieces.entries()) {
      open.add(piece);
      if (at < pieces.length - 1) yield open.take();
    }
  }
  if (!open.isEmpty) yield open.take();
}
