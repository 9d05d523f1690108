import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Instant } from '../units/index.ts';
import type { TracedLine, TraceSink, WireFrame } from './events.ts';
import { TRACED_LINES } from './events.ts';

const CHUNK = 64 * 1024;

/**
 * A SHA-256 over what happened on the wires: bytes, order and times in nanoseconds. Two runs of one seed and one
 * commit have the same digest. Logs and marks are no part of it. Fed live it covers every wait byte; fed from a
 * recorder, those that the recorder kept: compare digests that were taken the same way.
 */
export class TraceDigest implements TraceSink {
  readonly #hash: Hash = createHash('sha256');
  readonly #chunk = new Uint8Array(CHUNK);
  readonly #view = new DataView(this.#chunk.buffer);
  #at = 0;
  frames = 0;

  frame(frame: WireFrame): void {
    this.frames++;
    const { sent, received } = frame;
    const length = sent.length;
    this.#head(0, frame.fall, frame.rise, length);
    if (2 * length > CHUNK - this.#at) this.#flush();
    if (2 * length > CHUNK) {
      this.#hash.update(sent).update(received);
      return;
    }
    const chunk = this.#chunk;
    let at = this.#at;
    for (let i = 0; i < length; i++) chunk[at++] = sent[i]!;
    for (let i = 0; i < length; i++) chunk[at++] = received[i]!;
    this.#at = at;
  }

  select(fall: Instant, rise: Instant): void {
    this.#head(1, fall, rise, 0);
  }

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    this.#head(2, at, at, 2 * TRACED_LINES.indexOf(line) + (isAsserted ? 1 : 0));
  }

  power(isOn: boolean, at: Instant): void {
    this.#head(3, at, at, isOn ? 1 : 0);
  }

  failure(from: Instant, to: Instant): void {
    this.#head(4, from, to, 0);
  }

  log(): void {
    // Words are not what happened on the wires.
  }

  mark(): void {
    // As log.
  }

  /** The digest of everything until now, in hex; more may follow. */
  hex(): string {
    this.#flush();
    return this.#hash.copy().digest('hex');
  }

  #head(kind: number, from: Instant, to: Instant, detail: number): void {
    if (CHUNK - this.#at < 24) this.#flush();
    const view = this.#view;
    view.setFloat64(this.#at, from, true);
    view.setFloat64(this.#at + 8, to, true);
    view.setUint32(this.#at + 16, detail, true);
    view.setUint32(this.#at + 20, kind, true);
    this.#at += 24;
  }

  #flush(): void {
    this.#hash.update(this.#chunk.subarray(0, this.#at));
    this.#at = 0;
  }
}
