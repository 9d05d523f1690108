import type { Instant } from '../units/index.ts';
import type { TracedLine, TraceEvent, TraceLogLevel, TraceSink, WireFrame } from './events.ts';
import type { TraceSource } from './source.ts';
import { FRAME_ENDINGS, LOG_LEVELS, TRACED_LINES } from './events.ts';

/** Number of wait bytes that the recorder keeps at each end of a long stall. Of the others it keeps the count. */
export const KEPT_WAIT_BYTES = 8;

const KINDS = ['frame', 'select', 'edge', 'power', 'failure', 'log', 'mark'] as const;
type Kind = (typeof KINDS)[number];
const code = (kind: Kind): number => KINDS.indexOf(kind);
const FRAME = code('frame');
const SELECT = code('select');
const EDGE = code('edge');
const POWER = code('power');
const FAILURE = code('failure');
const LOG = code('log');
const MARK = code('mark');

/** How much of a trace is kept. */
export interface RecorderOptions {
  /** Events kept, a power of two. */
  readonly events?: number;
  /** Wire bytes kept, both directions together. */
  readonly bytes?: number;
}

/**
 * The last things that happened on a board, in typed arrays: recording makes no object. When it is full the oldest
 * events make room, and `dropped` counts them.
 *
 * Memory with the defaults (16384 events, 1 MiB of wire bytes): 1.7 MiB, stated in `memory`, and one reference to
 * each string of a log line or mark, cut after 400 characters.
 */
export class TraceRecorder implements TraceSink, TraceSource {
  readonly #kind: Uint8Array;
  /** For a frame its ending, for an edge its line, for a log line its level. */
  readonly #detail: Uint8Array;
  /** For an edge whether it asserts, for the supply whether it is on. */
  readonly #isSet: Uint8Array;
  readonly #from: Float64Array;
  readonly #to: Float64Array;
  /** Position of a frame's bytes among all bytes ever kept; of any other event, where the next would go. */
  readonly #start: Float64Array;
  readonly #kept: Uint32Array;
  readonly #pollAt: Int32Array;
  readonly #polled: Int32Array;
  readonly #elided: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #texts: string[];
  readonly #mask: number;
  /** Running numbers of the oldest event kept and of the next one. */
  #first = 0;
  #next = 0;
  #nextByte = 0;
  #lastTime = -Infinity;
  #isInOrder = true;

  constructor(options: RecorderOptions = {}) {
    const events = options.events ?? 16_384;
    const bytes = options.bytes ?? 1 << 20;
    if (!Number.isInteger(Math.log2(events)))
      throw new RangeError(`A recorder keeps a power of two of events, not ${events}.`);
    if (!(bytes >= 1024)) throw new RangeError(`A recorder keeps at least 1024 bytes, not ${bytes}.`);
    this.#mask = events - 1;
    this.#kind = new Uint8Array(events);
    this.#detail = new Uint8Array(events);
    this.#isSet = new Uint8Array(events);
    this.#from = new Float64Array(events);
    this.#to = new Float64Array(events);
    this.#start = new Float64Array(events);
    this.#kept = new Uint32Array(events);
    this.#pollAt = new Int32Array(events);
    this.#polled = new Int32Array(events);
    this.#elided = new Uint32Array(events);
    this.#bytes = new Uint8Array(bytes);
    this.#texts = new Array<string>(events).fill('');
  }

  /** Bytes of memory held, whatever is recorded; the strings themselves come on top. */
  get memory(): number {
    const columns = [
      this.#kind,
      this.#detail,
      this.#isSet,
      this.#from,
      this.#to,
      this.#start,
      this.#kept,
      this.#pollAt,
      this.#polled,
      this.#elided,
      this.#bytes,
    ];
    return columns.reduce((sum, { byteLength }) => sum + byteLength, this.#texts.length * 8);
  }

  /** Events kept. */
  get length(): number {
    return this.#next - this.#first;
  }

  /** Events lost, oldest first, since the recorder was made or cleared. */
  get dropped(): number {
    return this.#first;
  }

  /** When the oldest event that is still there began; NaN when there is none. */
  get oldest(): Instant {
    return (this.#first === this.#next ? NaN : this.#from[this.#first & this.#mask]!) as Instant;
  }

  clear(): void {
    this.#first = 0;
    this.#next = 0;
    this.#nextByte = 0;
    this.#lastTime = -Infinity;
    this.#isInOrder = true;
    this.#texts.fill('');
  }

  frame(frame: WireFrame): void {
    const { sent, received, pollAt, polled } = frame;
    const length = sent.length;
    // What is left out lies after the first wait bytes and before the last ones.
    const most = this.#bytes.length >> 2;
    const head = Math.min(pollAt + KEPT_WAIT_BYTES, most >> 1);
    const before = frame.elided ?? 0;
    let gap = Math.max(0, polled - before - 2 * KEPT_WAIT_BYTES);
    if (length - gap > most) gap = length - most;
    const kept = length - gap;
    const start = this.#room(2 * kept);
    const slot = this.#claim(FRAME, frame.fall, frame.rise);
    this.#start[slot] = start;
    this.#kept[slot] = kept;
    this.#pollAt[slot] = pollAt;
    this.#polled[slot] = polled;
    this.#elided[slot] = gap + before;
    this.#detail[slot] = frame.ending === undefined ? 0 : FRAME_ENDINGS.indexOf(frame.ending);
    const at = start % this.#bytes.length;
    this.#keep(sent, at, head, gap);
    this.#keep(received, at + kept, head, gap);
    this.#nextByte = start + 2 * kept;
  }

  select(fall: Instant, rise: Instant): void {
    this.#claim(SELECT, fall, rise);
  }

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    const slot = this.#claim(EDGE, at, at);
    this.#detail[slot] = TRACED_LINES.indexOf(line);
    this.#isSet[slot] = isAsserted ? 1 : 0;
  }

  power(isOn: boolean, at: Instant): void {
    const slot = this.#claim(POWER, at, at);
    this.#isSet[slot] = isOn ? 1 : 0;
  }

  failure(from: Instant, to: Instant, text: string): void {
    this.#note(this.#claim(FAILURE, from, to), text);
  }

  log(level: TraceLogLevel, text: string, at: Instant): void {
    const slot = this.#claim(LOG, at, at);
    this.#detail[slot] = LOG_LEVELS.indexOf(level);
    this.#note(slot, text);
  }

  mark(text: string, at: Instant): void {
    this.#note(this.#claim(MARK, at, at), text);
  }

  /** Tells `sink` everything that is kept, in the order of the ends of the events. */
  replay(sink: TraceSink): void {
    for (const slot of this.#slots()) {
      const from = this.#from[slot]! as Instant;
      const to = this.#to[slot]! as Instant;
      switch (this.#kind[slot]) {
        case FRAME:
          sink.frame(this.#frameAt(slot));
          break;
        case SELECT:
          sink.select(from, to);
          break;
        case EDGE:
          sink.edge(TRACED_LINES[this.#detail[slot]!]!, this.#isSet[slot] === 1, from);
          break;
        case POWER:
          sink.power(this.#isSet[slot] === 1, from);
          break;
        case FAILURE:
          sink.failure(from, to, this.#texts[slot]!);
          break;
        case LOG:
          sink.log(LOG_LEVELS[this.#detail[slot]!]!, this.#texts[slot]!, from);
          break;
        case MARK:
          sink.mark(this.#texts[slot]!, from);
          break;
      }
    }
  }

  /** Everything that is kept, as objects with bytes of their own. */
  events(): TraceEvent[] {
    const events: TraceEvent[] = [];
    this.replay({
      frame: ({ sent, received, pollAt, polled, fall, rise, elided = 0, ending = 'complete' }) =>
        events.push({
          kind: 'frame',
          fall,
          rise,
          sent: sent.slice(),
          received: received.slice(),
          pollAt,
          polled,
          elided,
          ending,
        }),
      select: (fall, rise) => events.push({ kind: 'select', fall, rise }),
      edge: (line, isAsserted, at) => events.push({ kind: 'edge', line, isAsserted, at }),
      power: (isOn, at) => events.push({ kind: 'power', isOn, at }),
      failure: (from, to, text) => events.push({ kind: 'failure', from, to, text }),
      log: (level, text, at) => events.push({ kind: 'log', level, text, at }),
      mark: (text, at) => events.push({ kind: 'mark', text, at }),
    });
    return events;
  }

  #frameAt(slot: number): WireFrame {
    const kept = this.#kept[slot]!;
    const at = this.#start[slot]! % this.#bytes.length;
    return {
      sent: this.#bytes.subarray(at, at + kept),
      received: this.#bytes.subarray(at + kept, at + 2 * kept),
      pollAt: this.#pollAt[slot]!,
      polled: this.#polled[slot]!,
      fall: this.#from[slot]! as Instant,
      rise: this.#to[slot]! as Instant,
      elided: this.#elided[slot]!,
      ending: FRAME_ENDINGS[this.#detail[slot]!]!,
    };
  }

  /** Slots in the order of the ends of their events; a board that stamps edges late records out of order. */
  #slots(): Iterable<number> {
    const slots = new Uint32Array(this.length);
    for (let i = 0; i < slots.length; i++) slots[i] = (this.#first + i) & this.#mask;
    if (!this.#isInOrder) {
      const order = Array.from(slots, (slot, i) => ({ slot, i }));
      order.sort((a, b) => this.#to[a.slot]! - this.#to[b.slot]! || a.i - b.i);
      order.forEach(({ slot }, i) => (slots[i] = slot));
    }
    return slots;
  }

  #claim(kind: number, from: Instant, to: Instant): number {
    if (this.#next - this.#first > this.#mask) this.#drop();
    const slot = this.#next++ & this.#mask;
    this.#kind[slot] = kind;
    this.#from[slot] = from;
    this.#to[slot] = to;
    this.#start[slot] = this.#nextByte;
    if (to < this.#lastTime) this.#isInOrder = false;
    else this.#lastTime = to;
    return slot;
  }

  #drop(): void {
    this.#texts[this.#first++ & this.#mask] = '';
  }

  #note(slot: number, text: string): void {
    this.#texts[slot] = text.length > 400 ? `${text.slice(0, 399)}…` : text;
  }

  /** Position at which `size` bytes lie together; drops the events whose bytes lay there. */
  #room(size: number): number {
    const ring = this.#bytes.length;
    const at = this.#nextByte % ring;
    const start = at + size > ring ? this.#nextByte + ring - at : this.#nextByte;
    const oldest = start + size - ring;
    while (this.#first < this.#next && this.#start[this.#first & this.#mask]! < oldest) this.#drop();
    return start;
  }

  #keep(bytes: Uint8Array, at: number, head: number, gap: number): void {
    const ring = this.#bytes;
    const length = bytes.length;
    if (gap === 0) {
      // For the few bytes of a frame a loop is faster than `set`.
      for (let i = 0; i < length; i++) ring[at + i] = bytes[i]!;
      return;
    }
    for (let i = 0; i < head; i++) ring[at + i] = bytes[i]!;
    for (let i = head + gap; i < length; i++) ring[at + i - gap] = bytes[i]!;
  }
}
