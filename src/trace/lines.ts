import { gzipSync } from 'node:zlib';
import type { Instant } from '../units/index.ts';
import type { TracedLine, TraceSink, WireFrame } from './events.ts';

const CHUNK = 1 << 20;

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');

/**
 * What the digest is made of, a line an event and packed: where two digests differ, the first line that differs says by
 * what. Times in nanoseconds, bytes in hex, sent before received.
 */
export class TraceLines implements TraceSink {
  readonly #packed: Buffer[] = [];
  #lines: string[] = [];
  #size = 0;

  frame({ sent, received, fall, rise }: WireFrame): void {
    this.#add(`frame ${fall} ${rise} ${hex(sent)} ${hex(received)}`);
  }

  select(fall: Instant, rise: Instant): void {
    this.#add(`select ${fall} ${rise}`);
  }

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    this.#add(`${line} ${at} ${isAsserted ? 'asserted' : 'deasserted'}`);
  }

  power(isOn: boolean, at: Instant): void {
    this.#add(`power ${at} ${isOn ? 'on' : 'off'}`);
  }

  failure(from: Instant, to: Instant): void {
    this.#add(`failure ${from} ${to}`);
  }

  log(): void {
    // Words are not what happened on the wires.
  }

  mark(): void {
    // As log.
  }

  /** Everything until now, in the format of gzip. */
  gzip(): Buffer {
    this.#pack();
    return Buffer.concat(this.#packed);
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#size += line.length;
    if (this.#size > CHUNK) this.#pack();
  }

  #pack(): void {
    this.#packed.push(gzipSync(this.#lines.map((line) => `${line}\n`).join('')));
    this.#lines = [];
    this.#size = 0;
  }
}
