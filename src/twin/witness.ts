import type { Band } from '../sim/index.ts';
import type { Duration, Hertz, Instant } from '../units/index.ts';
import { between, us } from '../units/index.ts';
import { readyTime } from './bands.ts';
import { byteTimes } from './byte-times.ts';
import type { TapedEdge, TapedFrame, TapedSelect, TwinTape } from './tape.ts';

const HEADER = 4;
const READY = 0x01;
const READ = 0x80;
const ONES = 0xff;
const LOCALITY_0 = 0xd400;
const STS = 0x18;
const FIFO = 0x24;
const ACCESS = 0x00;
/** activeLocality: a write of it to TPM_ACCESS releases the locality, and the response is gone. [CHIP 4.2] */
const RELEASE = 0x20;
const DATA_AVAIL = 0x10;
const TPM_GO = 0x20;
/** Size of the tag at the beginning of each response. */
const TAG_SIZE = 2;
const RESPONSE_RETRY = 0x02;
const COMMAND_READY = 0x40;
/** A frame counts as handled when a pulse comes within this time after CS rise. [CHIP 3] */
const MAX_PULSE_DELAY = us(200);

/** Index of the ready byte in the arrays of the frame; -1 when there is none. */
export const readyAt = ({ received }: TapedFrame): number => received.indexOf(READY, HEADER);

/** How many bytes are missing from the arrays before the byte with this index. */
export const shiftAt = ({ elided, elidedAt }: TapedFrame, at: number): number =>
  at >= elidedAt ? elided : 0;

/** Whether the header says read. */
export const isRead = ({ sent }: TapedFrame): boolean => (sent[0]! & READ) !== 0;
/** Number of data bytes that the header announces, 1 to 64. */
export const sizeOf = ({ sent }: TapedFrame): number => (sent[0]! & 0x3f) + 1;
/** Address in the header, 24 bits; -1 when the header is not complete. */
export const addressOf = ({ sent }: TapedFrame): number =>
  sent.length < HEADER ? -1 : (sent[1]! << 16) | (sent[2]! << 8) | sent[3]!;

const isAt = (frame: TapedFrame, register: number): boolean =>
  addressOf(frame) === (LOCALITY_0 << 8) + register;

/** The data bytes of a read; none when there was no ready byte. */
export function answerOf(frame: TapedFrame): Uint8Array {
  const at = readyAt(frame) + 1;
  return at === 0 ? frame.received.subarray(0, 0) : frame.received.subarray(at, at + sizeOf(frame));
}

/** Index of the first item of a sorted list whose key is `moment` or more. */
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

/**
 * Whether the chip missed the beginning of a frame. It then takes later bytes for the header. Those are 00, which is
 * a write, and a write is answered with 01 to its end. [CHIP 1.3] Where the frame ends with the ready byte, the stall
 * tells: it is longer than that of a header that was heard.
 */
function isHeardInPart(frame: TapedFrame, { sck, hasPinnedStall }: WitnessedHost): boolean {
  const ready = readyAt(frame);
  const { received } = frame;
  if (ready < 0) return true;
  if (received.length > ready + 1) return received.subarray(ready).every((byte) => byte === READY);
  const stall = (ready + shiftAt(frame, ready) - HEADER - 1) * byteTimes(frame, sck).length;
  return !hasPinnedStall && stall > readyTime(isRead(frame), false).most;
}

/**
 * Whether a frame was taken as part of the one before it, since it began before that one was handled. The chip does
 * not answer such a frame, or answers it with 01 only. [CHIP 1.5]
 */
const isMerged = (frame: TapedFrame): boolean => readyAt(frame) < 0 || frame.received[0] === READY;

/** Bytes from the first one that the chip heard to the ready byte: a header, and the wait bytes after it. */
const BEFORE_READY = 7;

/** The moment from which on the chip heard the bytes of this frame. It missed the bytes before. */
function heardFrom(frame: TapedFrame, sck: Hertz | undefined): Instant {
  const ready = readyAt(frame);
  const times = byteTimes(frame, sck);
  const first =
    ready < 0 ? frame.sent.length + frame.elided - 1 : ready + shiftAt(frame, ready) - BEFORE_READY;
  return times.startOf(Math.max(0, first));
}

const clamp = (time: number, { least, most }: Band): Duration =>
  Math.min(Math.max(time, least), most) as Duration;

/** What a witness is told of host and chip beside the trace. */
export interface WitnessedHost {
  /** From the release of TPM_RST_L until the chip answers. */
  readonly reset: Band;
  /** Clock rate of the bus, where it is known. */
  readonly sck: Hertz | undefined;
  /** The rig says how long the chip stalls a frame: any time may be healthy. */
  readonly hasPinnedStall: boolean;
}

/** The parts of a trace in which a witness looks for latencies. */
export type WitnessedTape = Pick<TwinTape, 'selects' | 'pulses' | 'resets' | 'supply'>;

/** What is known of a response before it is looked for in the trace. */
export interface AwaitedResponse {
  /** When the chip fetched its command. */
  readonly since: Instant;
  /** The response of a healthy chip. */
  readonly healthy: Uint8Array;
  /** The shortest time from the fetch to the response. */
  readonly least: Duration;
  /** The response to a command before was still there at the fetch: dataAvail alone shows nothing. */
  readonly isOldThere: boolean;
}

/** When the response to a command was there. */
export interface ResponseTime {
  readonly time: Duration;
  /** A status read this long after the maximum still had no response; undefined when none had. */
  readonly lateBy: Duration | undefined;
}

/** One frame that read a part of a response, and the index of its first byte in that response. */
export interface ResponsePart {
  readonly from: number;
  readonly frame: TapedFrame;
}

/** A response as it was read, whole or in parts. */
export interface ObservedResponse {
  readonly bytes: Uint8Array;
  readonly parts: readonly ResponsePart[];
  /** The next command came before this response, so that its own may have taken the place of a part of this one. */
  readonly isContested: boolean;
}

/** What a frame shows of a response. `gone`: the host gives the response up. */
type Sight = 'there' | 'missing' | 'gone' | 'nothing';

interface Sighting {
  readonly frame: TapedFrame;
  readonly sight: Sight;
}

const readsOf = (frame: TapedFrame, register: number): boolean => isAt(frame, register) && isRead(frame);

const writes = (frame: TapedFrame, register: number, value: number): boolean =>
  isAt(frame, register) && !isRead(frame) && frame.sent.at(-sizeOf(frame)) === value;

function sightOf(frame: TapedFrame): Sight {
  if (writes(frame, STS, COMMAND_READY) || writes(frame, ACCESS, RELEASE)) return 'gone';
  const status = readsOf(frame, STS) ? answerOf(frame)[0] : undefined;
  if (status === undefined) return 'nothing';
  return (status & DATA_AVAIL) === 0 ? 'missing' : 'there';
}

function beginsAs(frame: TapedFrame, response: Uint8Array): boolean {
  const answer = answerOf(frame);
  const size = Math.min(TAG_SIZE, answer.length);
  return size > 0 && answer.subarray(0, size).every((byte, at) => byte === response[at]);
}

const shownAt = (shown: Duration, band: Band, missing: number): ResponseTime =>
  missing > band.most
    ? { time: shown, lateBy: (missing - band.most) as Duration }
    : { time: clamp(shown, band), lateBy: undefined };

/**
 * Finds in a trace the latencies that the chip under test chose, limited to their bands. It may look ahead in the
 * trace, and knows nothing of how a chip works.
 */
export class Witness {
  readonly #falling: readonly TapedEdge[];
  readonly #rising: readonly TapedEdge[];
  readonly #resetEnds: readonly TapedEdge[];
  readonly #selects: readonly TapedSelect[];

  constructor(
    tape: WitnessedTape,
    private readonly host: WitnessedHost,
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

  /** The end of the pulse that begins at `now`. */
  nextPulseEnd(now: Instant): Instant | undefined {
    return this.#rising[firstFrom(this.#rising, ({ at }) => at, now + 1)]?.at;
  }

  /** When the next CS assertion begins, at `now` or later; Infinity without one. */
  nextSelect(now: Instant): number {
    return this.#selects[firstFrom(this.#selects, ({ fall }) => fall, now)]?.fall ?? Infinity;
  }

  /**
   * Index of the ready byte, counted from the first byte of the frame. Later frames count as well while CS was held.
   */
  readyIndex(frame: TapedFrame): number | undefined {
    const here = readyAt(frame);
    if (here >= 0) return here + shiftAt(frame, here);
    let before = frame.sent.length + frame.elided;
    let last = frame;
    while (last.ending === 'held') {
      const next = this.#nextFrame((last.fall + 1) as Instant);
      if (next === undefined) return undefined;
      const at = next.received.indexOf(READY);
      if (at >= 0) return before + at + shiftAt(next, at);
      before += next.sent.length + next.elided;
      last = next;
    }
    return undefined;
  }

  /**
   * Whether the chip handled the frame: it answered the frame, gave a pulse after it, or took it for the first one
   * after a reset.
   */
  isHandled(frame: TapedFrame): boolean {
    if (readyAt(frame) >= 0) return true;
    const pulse = this.nextPulse(frame.rise);
    if (pulse !== undefined && between(frame.rise, pulse) <= MAX_PULSE_DELAY) return true;
    return this.#isNextOneLater(frame);
  }

  /**
   * Whether a frame was answered with FF only and the next one was not. So this one was the first after a reset.
   * [CHIP 1.3]
   */
  #isNextOneLater({ received, rise }: TapedFrame): boolean {
    if (received.some((byte) => byte !== ONES)) return false;
    for (const { frame } of this.#from(rise)) if (frame !== undefined) return frame.received[0] !== ONES;
    return false;
  }

  /**
   * How long from `now` until the chip listens, as the first frame shows that was handled. The chip listens when this
   * frame begins, or in the middle of it when it missed the beginning of the header. Without such a frame it is the
   * maximum.
   */
  untilListening(now: Instant, band: Band): Duration {
    for (const { frame } of this.#from(now)) {
      if (frame === undefined) continue;
      if (this.isHandled(frame)) {
        const before = between(now, frame.fall);
        const isWhole = before >= band.most || (before >= band.least && !isHeardInPart(frame, this.host));
        return clamp(isWhole ? before : between(now, heardFrom(frame, this.host.sck)), band);
      }
      if (between(now, frame.rise) > band.most) break;
    }
    return band.most;
  }

  /**
   * How long from CS rise until the chip noticed it, where no pulse came within the band: before the first frame that
   * was not merged, or while CS was asserted again. The rise of that assertion is then noticed on its own, which takes the
   * minimum as well. `handledAfter`: the chip handles what it noticed this much later, unless CS is asserted then.
   * `hasNoPulse`: pulses are seen there and none came, so that an assertion without a clock hid the edge as well.
   */
  untilNoticed(
    now: Instant,
    band: Band,
    { handledAfter, hasNoPulse }: { readonly handledAfter: Duration; readonly hasNoPulse: boolean },
  ): Duration {
    for (const { fall, rise, frame } of this.#from(now)) {
      const before = between(now, fall);
      if (before >= band.most + handledAfter) break;
      if (frame !== undefined && !isMerged(frame)) return clamp(before - handledAfter, band);
      if (frame === undefined && !hasNoPulse) continue;
      if (this.#untilAnswer(rise) < band.least + handledAfter) continue;
      const noticed = clamp(before + 1, band);
      if (noticed < between(now, rise)) return noticed;
    }
    return band.most;
  }

  /** How long from `now` until the next frame that was not merged; Infinity without one. */
  #untilAnswer(now: Instant): number {
    for (const { fall, frame } of this.#from(now))
      if (frame !== undefined && !isMerged(frame)) return between(now, fall);
    return Infinity;
  }

  /**
   * How long from power on until the firmware runs. The reset that follows needs its own time before the chip
   * listens.
   */
  untilBooted(now: Instant, band: Band): Duration {
    const listening = this.untilListening(now, {
      least: band.least,
      most: (band.most + this.host.reset.most) as Duration,
    });
    return clamp(listening - this.host.reset.most, band);
  }

  /**
   * How long from the fetch of a command until the first frame that shows its response. Where the host gave it up and
   * it is missing after the longest time, it came before it was given up: before the last time, or before the last
   * time but one, since commandReady reads 1 after a write that gave no response up. [CHIP 4.3]
   */
  untilResponse(awaited: AwaitedResponse, band: Band): ResponseTime {
    const { since } = awaited;
    const reset = this.#resetAfter(since);
    let missingAt = since;
    const gone: Duration[] = [];
    for (const { frame, sight } of this.#sights(awaited)) {
      const after = between(since, frame.fall);
      if (sight === 'there') return shownAt(after, band, missingAt - since);
      if (sight === 'gone') gone.push(after);
      if (sight !== 'missing') continue;
      const wasNoneLeft = (answerOf(frame)[0]! & COMMAND_READY) !== 0;
      const last = gone.at(wasNoneLeft ? -2 : -1) ?? gone.at(-1);
      if (after > band.most && last !== undefined) return { time: clamp(last, band), lateBy: undefined };
      missingAt = frame.fall;
    }
    if (reset === Infinity) return { time: band.most, lateBy: undefined };
    const beforeReset = this.#freshFrame(reset) - this.host.reset.most - since;
    return { time: clamp(beforeReset, band), lateBy: undefined };
  }

  /** The bytes that the host read of the response that is awaited, and the frames that read them. */
  response(awaited: AwaitedResponse): ObservedResponse {
    const bytes: number[] = [];
    const parts: ResponsePart[] = [];
    let longest: readonly number[] = [];
    let isThere = false;
    let isContested = false;
    for (const { frame, sight } of this.#sights(awaited)) {
      isContested ||= writes(frame, STS, TPM_GO);
      isThere ||= sight === 'there';
      if (!isThere) continue;
      if (sight === 'gone') break;
      if (writes(frame, STS, RESPONSE_RETRY)) bytes.length = 0;
      if (!readsOf(frame, FIFO)) continue;
      parts.push({ from: bytes.length, frame });
      bytes.push(...answerOf(frame));
      if (bytes.length > longest.length) longest = bytes.slice();
    }
    return { bytes: Uint8Array.from(longest), parts, isContested };
  }

  /**
   * The frames from the fetch of a command to a reset or the next command, and what each one shows of its response. A
   * command that comes earlier than the response can be there has to wait for it. A host that does not ask for
   * dataAvail shows the response by a read that begins as the response does.
   */
  *#sights({ since, healthy, least, isOldThere }: AwaitedResponse): Iterable<Sighting> {
    const reset = this.#resetAfter(since);
    let isOld = isOldThere;
    for (const { fall, frame } of this.#from(since)) {
      if (fall > reset) return;
      if (frame === undefined) continue;
      const isDue = between(since, fall) >= least;
      if (isDue && writes(frame, STS, TPM_GO)) return;
      const sight = sightOf(frame);
      if (sight === 'missing' || sight === 'gone') isOld = false;
      const isRead = isDue && readsOf(frame, FIFO) && beginsAs(frame, healthy);
      yield { frame, sight: isOld && sight === 'there' ? 'nothing' : isRead && !isOld ? 'there' : sight };
    }
  }

  /** The next frame that begins at `now` or later. */
  #nextFrame(now: Instant): TapedFrame | undefined {
    for (const { frame } of this.#from(now)) if (frame !== undefined) return frame;
    return undefined;
  }

  #resetAfter(now: Instant): number {
    return this.#resetEnds[firstFrom(this.#resetEnds, ({ at }) => at, now)]?.at ?? Infinity;
  }

  /** When the first frame begins that is answered as the first one after this reset; Infinity without one. */
  #freshFrame(reset: number): number {
    for (const { frame } of this.#from(reset as Instant))
      if (frame !== undefined && frame.received[0] === ONES && this.isHandled(frame)) return frame.fall;
    return Infinity;
  }

  *#from(now: Instant): Iterable<TapedSelect> {
    for (let at = firstFrom(this.#selects, ({ fall }) => fall, now); at < this.#selects.length; at++)
      yield this.#selects[at]!;
  }
}
