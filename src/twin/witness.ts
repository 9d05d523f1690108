import type { Band } from '../sim/index.ts';
import type { Duration, Instant } from '../units/index.ts';
import { between, us } from '../units/index.ts';
import type { TapedEdge, TapedFrame, TapedSelect, TwinTape } from './tape.ts';

const HEADER = 4;
const READY = 0x01;
const READ = 0x80;
const ONES = 0xff;
const LOCALITY_0 = 0xd400;
const STS = 0x18;
const FIFO = 0x24;
const DATA_AVAIL = 0x10;
const TPM_GO = 0x20;
/** The longest from CS rise to a pulse, for which a frame counts as handled. [CHIP 3] */
const LONGEST_PULSE_DELAY = us(200);

/** Where the ready byte stands among the bytes that are there; -1 without one. */
export const readyAt = ({ received }: TapedFrame): number => received.indexOf(READY, HEADER);

export const isRead = ({ sent }: TapedFrame): boolean => (sent[0]! & READ) !== 0;
export const sizeOf = ({ sent }: TapedFrame): number => (sent[0]! & 0x3f) + 1;
/** All 24 bits; -1 when the header is not whole. */
export const addressOf = ({ sent }: TapedFrame): number =>
  sent.length < HEADER ? -1 : (sent[1]! << 16) | (sent[2]! << 8) | sent[3]!;

const isAt = (frame: TapedFrame, register: number): boolean => addressOf(frame) === (LOCALITY_0 << 8) + register;

/** What a read delivered. */
export function answerOf(frame: TapedFrame): Uint8Array {
  const at = readyAt(frame) + 1;
  return at === 0 ? frame.received.subarray(0, 0) : frame.received.subarray(at, at + sizeOf(frame));
}

/** First position in a sorted list whose key is at least, or above, a moment. */
function firstFrom<T>(list: readonly T[], keyOf: (one: T) => number, moment: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(list[middle]!) < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

const clamp = (time: number, { least, most }: Band): Duration =>
  Math.min(Math.max(time, least), most) as Duration;

/** When a response came. */
export interface ResponseTime {
  readonly time: Duration;
  /** A status still lacked it so long after the longest time that is allowed. */
  readonly lateBy: Duration | undefined;
}

/** One frame that read a part of a response, and where that part begins. */
export interface ResponsePart {
  readonly from: number;
  readonly frame: TapedFrame;
}

export interface ObservedResponse {
  readonly bytes: Uint8Array;
  readonly parts: readonly ResponsePart[];
}

const shownAt = (shown: Duration, band: Band, missing: number): ResponseTime =>
  missing > band.most
    ? { time: shown, lateBy: (missing - band.most) as Duration }
    : { time: clamp(shown, band), lateBy: undefined };

/**
 * What the trace tells of latencies that a chip chooses: the twin takes the same, as far as the band allows. It looks
 * ahead in the trace, and knows nothing of how a chip works inside.
 */
export class Witness {
  readonly #falling: readonly TapedEdge[];
  readonly #rising: readonly TapedEdge[];
  readonly #resetEnds: readonly TapedEdge[];
  readonly #selects: readonly TapedSelect[];

  constructor(
    tape: TwinTape,
    private readonly reset: Band,
  ) {
    this.#falling = tape.pulses.filter(({ isAsserted }) => isAsserted);
    this.#rising = tape.pulses.filter(({ isAsserted }) => !isAsserted);
    this.#resetEnds = [
      ...tape.resets.filter(({ isAsserted }) => !isAsserted),
      ...tape.supply.filter(({ isAsserted }) => !isAsserted),
    ].sort((a, b) => a.at - b.at);
    this.#selects = tape.selects;
  }

  /** The next pulse that begins at `now` or later. */
  nextPulse(now: Instant): Instant | undefined {
    return this.#falling[firstFrom(this.#falling, ({ at }) => at, now)]?.at;
  }

  /** The end of the pulse that has begun at `now`. */
  nextPulseEnd(now: Instant): Instant | undefined {
    return this.#rising[firstFrom(this.#rising, ({ at }) => at, now + 1)]?.at;
  }

  /** The next CS assertion after `now`. */
  nextSelect(now: Instant): TapedSelect | undefined {
    return this.#selects[firstFrom(this.#selects, ({ fall }) => fall, now)];
  }

  /** The frame was handled: it was answered, or a pulse followed it. */
  isHandled(frame: TapedFrame): boolean {
    if (readyAt(frame) >= 0) return true;
    const pulse = this.nextPulse(frame.rise);
    return pulse !== undefined && between(frame.rise, pulse) <= LONGEST_PULSE_DELAY;
  }

  /** When the chip serves again, as the first frame shows that was handled; the latest moment when the next one was not. */
  untilServing(now: Instant, band: Band): Duration {
    for (const { frame } of this.#after(now)) {
      if (frame === undefined) continue;
      if (this.isHandled(frame)) return clamp(between(now, frame.fall), band);
      if (between(now, frame.fall) > band.most) break;
    }
    return band.most;
  }

  /** From power to the firmware, so that a reset has its time too before the chip serves. */
  untilBooted(now: Instant, band: Band): Duration {
    const serving = this.untilServing(now, {
      least: band.least,
      most: (band.most + this.reset.most) as Duration,
    });
    return clamp(serving - this.reset.most, band);
  }

  /** From the fetch of a command to its response, from the first status that shows it. */
  untilResponse(now: Instant, band: Band): ResponseTime {
    const reset = this.#resetAfter(now);
    let missingAt = now;
    for (const { fall, frame } of this.#after(now)) {
      if (fall > reset) break;
      if (frame === undefined) continue;
      const answer = isAt(frame, STS) && isRead(frame) ? answerOf(frame) : undefined;
      if (answer !== undefined && answer.length > 0) {
        if ((answer[0]! & DATA_AVAIL) !== 0) return shownAt(between(now, fall), band, missingAt - now);
        missingAt = fall;
      }
      if (this.#isGo(frame)) break;
    }
    if (reset === Infinity) return { time: band.most, lateBy: undefined };
    const beforeReset = this.#freshFrame(reset) - this.reset.most - now;
    return { time: clamp(beforeReset, band), lateBy: undefined };
  }

  /** What the host read of the response to the command that is fetched now, as far as it read, and in which frames. */
  response(now: Instant): ObservedResponse {
    const reset = this.#resetAfter(now);
    const bytes: number[] = [];
    const parts: ResponsePart[] = [];
    let isThere = false;
    for (const { fall, frame } of this.#after(now)) {
      if (fall > reset) break;
      if (frame === undefined) continue;
      if (isAt(frame, STS)) {
        if (isRead(frame)) isThere ||= ((answerOf(frame)[0] ?? 0) & DATA_AVAIL) !== 0;
        else if (isThere || this.#isGo(frame)) break;
      } else if (isThere && isAt(frame, FIFO) && isRead(frame)) {
        parts.push({ from: bytes.length, frame });
        bytes.push(...answerOf(frame));
      }
    }
    return { bytes: Uint8Array.from(bytes), parts };
  }

  #isGo(frame: TapedFrame): boolean {
    return isAt(frame, STS) && !isRead(frame) && frame.sent.at(-sizeOf(frame)) === TPM_GO;
  }

  #resetAfter(now: Instant): number {
    return this.#resetEnds[firstFrom(this.#resetEnds, ({ at }) => at, now)]?.at ?? Infinity;
  }

  /** When the first frame after a reset begins that is answered as the first one. */
  #freshFrame(reset: number): number {
    for (const { frame } of this.#after(reset as Instant))
      if (frame !== undefined && frame.received[0] === ONES && this.isHandled(frame)) return frame.fall;
    return Infinity;
  }

  *#after(now: Instant): Iterable<TapedSelect> {
    for (let at = firstFrom(this.#selects, ({ fall }) => fall, now); at < this.#selects.length; at++)
      yield this.#selects[at]!;
  }
}
