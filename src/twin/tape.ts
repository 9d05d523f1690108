import type { Instant } from '../units/index.ts';
import type { FrameEnding, TracedLine, TraceSink, WireFrame } from '../trace/index.ts';
import { NEXT_BY_TEST, TEST_AT_REGISTERS, TEST_OFF_REGISTERS } from '../trace/index.ts';

/** Bytes of a long frame that are kept at either end. */
const KEPT = 128;
/** What a tape holds at most, about 100 MB. */
const MAX_EVENTS = 400_000;
const MAX_BYTES = 32 << 20;

/** One frame as it was on the wire, its bytes its own. */
export interface TapedFrame {
  readonly fall: Instant;
  readonly rise: Instant;
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
  /** Bytes left out of the arrays, and before which byte: the host sent 00, and nobody knows what came back. */
  readonly elided: number;
  readonly elidedAt: number;
  readonly ending: FrameEnding;
  /** Frames and failed transactions before it. */
  readonly index: number;
  /** The step of the test in which it was. */
  readonly step: string;
}

/** A level that changed. */
export interface TapedEdge {
  readonly at: Instant;
  readonly isAsserted: boolean;
}

/** One CS assertion; without a frame it had no clock. */
export interface TapedSelect {
  readonly fall: Instant;
  readonly rise: Instant;
  readonly frame?: TapedFrame;
}

const NO_STEPS: readonly string[] = [...Object.values(NEXT_BY_TEST), TEST_AT_REGISTERS, TEST_OFF_REGISTERS];

/** A trace by who did what: the host's side and the chip's. Its memory is bounded: what has no room is counted. */
export class TwinTape implements TraceSink {
  readonly selects: TapedSelect[] = [];
  readonly supply: TapedEdge[] = [];
  readonly resets: TapedEdge[] = [];
  readonly pulses: TapedEdge[] = [];
  /** Transactions that the bus failed, by their index among frames. */
  readonly failures: Instant[] = [];
  /** Events that had no room. */
  dropped = 0;
  #events = 0;
  #bytes = 0;
  #step = '';
  #index = 0;

  frame(frame: WireFrame): void {
    const index = this.#index++;
    const taped = { ...shortened(frame), index, step: this.#step };
    if (!this.#hasRoom(2 * taped.sent.length)) return;
    this.selects.push({ fall: frame.fall, rise: frame.rise, frame: taped });
  }

  select(fall: Instant, rise: Instant): void {
    if (this.#hasRoom(0)) this.selects.push({ fall, rise });
  }

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    if (this.#hasRoom(0)) (line === 'INT_AP_L' ? this.pulses : this.resets).push({ at, isAsserted });
  }

  power(isOn: boolean, at: Instant): void {
    if (this.#hasRoom(0)) this.supply.push({ at, isAsserted: isOn });
  }

  failure(from: Instant): void {
    if (this.#hasRoom(0)) this.failures.push(from);
    this.#index++;
  }

  log(): void {
    // What a driver says is not on the wire.
  }

  mark(text: string): void {
    if (!NO_STEPS.includes(text)) this.#step = text;
  }

  #hasRoom(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.dropped === 0 && this.#events++ < MAX_EVENTS && this.#bytes <= MAX_BYTES) return true;
    this.dropped++;
    return false;
  }
}

/** A long stall keeps its ends. */
function shortened(frame: WireFrame): Omit<TapedFrame, 'index' | 'step'> {
  const { sent, received, pollAt, polled, elided = 0, fall, rise, ending = 'complete' } = frame;
  const length = sent.length;
  const times = { fall, rise, ending };
  // Where a recorder leaves wait bytes out. [src/trace/recorder.ts]
  const elidedAt = Math.min(pollAt + 8, length);
  if (elided > 0 || polled < 4 * KEPT || length - pollAt < 4 * KEPT)
    return { ...times, sent: sent.slice(), received: received.slice(), elided, elidedAt };
  const head = pollAt + KEPT;
  const tail = pollAt + polled - KEPT;
  const cut = (bytes: Uint8Array): Uint8Array =>
    Uint8Array.from([...bytes.subarray(0, head), ...bytes.subarray(tail)]);
  return { ...times, sent: cut(sent), received: cut(received), elided: tail - head, elidedAt: head };
}
