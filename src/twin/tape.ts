import type { Instant } from '../units/index.ts';
import { BEGINNING } from '../units/index.ts';
import type { FrameEnding, TracedLine, TraceSink, WireFrame } from '../trace/index.ts';
import { NEXT_BY_TEST, TEST_AT_REGISTERS, TEST_OFF_REGISTERS } from '../trace/index.ts';

/** Bytes that are kept at each end of a long stall. */
const KEPT = 128;
/** Bounds of one tape: about 100 MB. */
const MAX_EVENTS = 400_000;
const MAX_BYTES = 32 << 20;

/** How much one tape holds. */
export interface TapeBounds {
  readonly events?: number;
  readonly bytes?: number;
}

/** One frame as it was on the wire. Its bytes are copies. */
export interface TapedFrame {
  readonly fall: Instant;
  readonly rise: Instant;
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
  /**
   * How many bytes of a long stall are missing from the arrays, and the index of the byte before which they are
   * missing. The host sent 00 there, and nobody knows what it received.
   */
  readonly elided: number;
  readonly elidedAt: number;
  readonly ending: FrameEnding;
  /** Number of frames and failed transactions before this frame. */
  readonly index: number;
  /** The step of the test in which it was. */
  readonly step: string;
}

/** An edge of a line, or a change of the supply. `isAsserted` is the level after it. */
export interface TapedEdge {
  readonly at: Instant;
  readonly isAsserted: boolean;
}

/** One CS assertion. It has no frame when it had no clock. */
export interface TapedSelect {
  readonly fall: Instant;
  readonly rise: Instant;
  readonly frame?: TapedFrame;
}

const NO_STEPS: readonly string[] = [...Object.values(NEXT_BY_TEST), TEST_AT_REGISTERS, TEST_OFF_REGISTERS];

/**
 * Keeps a trace in memory, separated into what the host did and what the chip did. Its size is bounded: frames that
 * have no room are only counted.
 */
export class TwinTape implements TraceSink {
  readonly selects: TapedSelect[] = [];
  readonly supply: TapedEdge[] = [];
  readonly resets: TapedEdge[] = [];
  readonly pulses: TapedEdge[] = [];
  /** When each transaction began that failed on the bus. */
  readonly failures: Instant[] = [];
  /**
   * The tape is whole up to this moment, when CS fell for the last time before it was full: what came after that may be
   * missing. Undefined while there was room for everything.
   */
  wholeUntil: Instant | undefined;
  /** Frames that are not on the tape. */
  lost = 0;
  #events = 0;
  #bytes = 0;
  #step = '';
  #index = 0;
  readonly #maxEvents: number;
  readonly #maxBytes: number;

  constructor({ events = MAX_EVENTS, bytes = MAX_BYTES }: TapeBounds = {}) {
    this.#maxEvents = events;
    this.#maxBytes = bytes;
  }

  frame(frame: WireFrame): void {
    const index = this.#index++;
    const taped = { ...shortened(frame), index, step: this.#step };
    if (this.#hasRoom(2 * taped.sent.length))
      this.selects.push({ fall: frame.fall, rise: frame.rise, frame: taped });
    else this.lost++;
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
    if (this.wholeUntil !== undefined) return false;
    if (this.#events++ < this.#maxEvents && this.#bytes <= this.#maxBytes) return true;
    // The pulse or the reset that belongs to the last assertion may be what has no room.
    const last = this.selects.pop();
    if (last?.frame !== undefined) this.lost++;
    this.wholeUntil = last?.fall ?? BEGINNING;
    return false;
  }
}

/** Copies a frame, without the middle of a long stall. */
function shortened(frame: WireFrame): Omit<TapedFrame, 'index' | 'step'> {
  const { sent, received, pollAt, polled, elided = 0, fall, rise, ending = 'complete' } = frame;
  const length = sent.length;
  const times = { fall, rise, ending };
  // A recorder leaves wait bytes out from this index on. [src/trace/recorder.ts]
  const elidedAt = Math.min(pollAt + 8, length);
  if (elided > 0 || polled < 4 * KEPT || length - pollAt < 4 * KEPT)
    return { ...times, sent: sent.slice(), received: received.slice(), elided, elidedAt };
  const head = pollAt + KEPT;
  const tail = pollAt + polled - KEPT;
  const cut = (bytes: Uint8Array): Uint8Array =>
    Uint8Array.from([...bytes.subarray(0, head), ...bytes.subarray(tail)]);
  return { ...times, sent: cut(sent), received: cut(received), elided: tail - head, elidedAt: head };
}
