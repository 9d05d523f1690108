import type { Instant } from '../../units/index.ts';
import { between, inMs, UsageError } from '../../units/index.ts';
import type { Access } from '../decode/access.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import type { EndingSink, TracedLine, TraceSink, WireFrame } from '../events.ts';
import { TraceRecorder } from '../recorder.ts';
import { NOTHING } from '../events.ts';
import type { Violation } from '../rules/judgement.ts';
import type { TraceSource } from '../source.ts';
import { tee, withoutEnd } from '../tee.ts';
import type { Cell, Edge, Scene, Selection } from './timing-diagram.ts';
import { drawTimingDiagram } from './timing-diagram.ts';

/** Which part of a trace a picture shows. */
export interface TimelineOptions {
  /** CS assertions that reach into this window are shown. */
  readonly from: Instant;
  readonly to: Instant;
  readonly title?: string;
  /** Moments to point at, such as that of a violation. */
  readonly notes?: readonly { readonly at: Instant; readonly text: string }[];
}

/** Maximum number of CS assertions in a picture. A picture with more cannot be read. */
const MAX_SELECTIONS = 60;
/** Maximum number of edges, and of notes, that are held. More have no place among the CS assertions of a picture. */
const MAX_MOMENTS = 4000;
/** Wait bytes and data bytes shown of one frame; of more the first ones, a count, and the last one. */
const MAX_WAIT = 6;
const MAX_DATA = 24;

/**
 * A window of a trace as an SVG timing diagram: CS_L, the bytes of both directions by their phase, INT_AP_L, what each
 * frame means, how long everything took, and notes. It is not drawn to scale, so that a pulse of 9 us and a pause of
 * 2 s can both be read: every time stands below it.
 */
export function timeline(write: (svg: string) => void, options: TimelineOptions): EndingSink {
  const collected = new Collector(options);
  const decoder = new TraceDecoder({
    access: (access) => {
      collected.access(access);
    },
  });
  return Object.assign(withoutEnd(tee(collected, decoder)), {
    end: () => {
      decoder.end();
      write(drawTimingDiagram(collected.scene()));
    },
  });
}

/** The same of a whole trace. @throws WindowEmpty when nothing lies in the window. */
export function renderTimeline(source: TraceSource, options: TimelineOptions): string {
  const parts: string[] = [];
  const sink = timeline((svg) => parts.push(svg), options);
  source.replay(sink);
  sink.end();
  return parts.join('');
}

/** A picture of a time in which nothing happened was asked for. */
export class WindowEmpty extends UsageError {
  constructor(from: Instant, to: Instant, first: Instant, last: Instant) {
    const where = Number.isFinite(first)
      ? `the trace goes from ${stamp(first)} to ${stamp(last)}`
      : 'the trace has no CS assertion';
    super(`Nothing lies from ${stamp(from)} to ${stamp(to)}: ${where}.`);
  }
}

/** The picture of one breach: two CS assertions before it, the one it lies in or behind, and one after it. */
export function renderBreach(source: TraceSource, violation: Violation): string {
  const { rule, at, seen, allowed } = violation;
  const { from, to } = windowAround(source, at);
  return renderTimeline(source, {
    from,
    to,
    title: `${rule.id}: ${rule.title}`,
    notes: [{ at, text: `${seen} was seen; allowed: ${allowed}. ${rule.source}` }],
  });
}

const BEFORE = 2;

function windowAround(source: TraceSource, at: Instant): { from: Instant; to: Instant } {
  let earlier: Instant[] = [];
  let to = at;
  let hasNext = false;
  const pass = (fall: Instant, rise: Instant): void => {
    if (fall <= at) {
      earlier = [...earlier.slice(-BEFORE), fall];
      if (rise > to) to = rise;
    } else if (!hasNext) {
      hasNext = true;
      to = rise;
    }
  };
  source.replay({
    ...NOTHING,
    frame: ({ fall, rise }) => {
      pass(fall, rise);
    },
    select: pass,
  });
  return { from: earlier[0] ?? at, to };
}

/** Number of CS assertions after a breach that its picture may show. */
const BEHIND = 2;

/**
 * The picture of the first breach that is told, or of the window when none is. It holds no more of the trace than a
 * recorder does.
 */
export class BreachPicture extends TraceRecorder implements EndingSink {
  readonly #window: EndingSink;
  #breach: Violation | undefined;
  #behind = 0;
  #windowSvg = (): string => '';

  constructor(
    private readonly write: (svg: string) => void,
    window: TimelineOptions,
  ) {
    super({ events: 4096, bytes: 1 << 20 });
    const parts: string[] = [];
    this.#window = timeline((svg) => parts.push(svg), window);
    this.#windowSvg = () => {
      this.#window.end();
      return parts.join('');
    };
  }

  /** The first one counts. */
  breach(violation: Violation): void {
    this.#breach ??= violation;
  }

  override frame(frame: WireFrame): void {
    if (this.#isOpen()) super.frame(frame);
    this.#window.frame(frame);
  }

  override select(fall: Instant, rise: Instant): void {
    if (this.#isOpen()) super.select(fall, rise);
    this.#window.select(fall, rise);
  }

  override edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    if (this.#behind <= BEHIND) super.edge(line, isAsserted, at);
    this.#window.edge(line, isAsserted, at);
  }

  end(): void {
    this.write(this.#breach === undefined ? this.#windowSvg() : renderBreach(this, this.#breach));
  }

  /** Until enough CS assertions came behind the breach. */
  #isOpen(): boolean {
    if (this.#breach !== undefined) this.#behind++;
    return this.#behind <= BEHIND;
  }
}

/** Takes from a trace what lies in the window. */
class Collector implements TraceSink {
  readonly #selections: Selection[] = [];
  readonly #edges: Edge[] = [];
  readonly #notes: { at: Instant; text: string; isBreach: boolean }[] = [];
  readonly #levels = new Map<TracedLine, boolean>();
  #leftOut = 0;
  /** When the first CS assertion of the trace began, and when the last one ended. */
  #first = Infinity as Instant;
  #last = -Infinity as Instant;

  constructor(private readonly options: TimelineOptions) {}

  frame(): void {
    // Taken from the decoder, which knows what it says.
  }

  access(access: Access): void {
    const { fall, rise, ending, index } = access;
    if (!this.#isInside(fall, rise)) return;
    const name = access.length < 4 ? 'no header' : `${access.direction} ${registerName(access.address)}`;
    this.#add({
      fall,
      rise,
      isHeld: ending === 'held',
      caption: `#${index} ${name}`,
      meaning: meaningOf(access),
      sent: cellsOf(access, access.sent),
      received: cellsOf(access, access.received),
    });
  }

  select(fall: Instant, rise: Instant): void {
    if (!this.#isInside(fall, rise)) return;
    this.#add({ fall, rise, isHeld: false, caption: 'no clock', meaning: '', sent: [], received: [] });
  }

  edge(line: TracedLine, isAsserted: boolean, at: Instant): void {
    if (at < this.options.from) this.#levels.set(line, isAsserted);
    else if (at <= this.options.to && this.#edges.length < MAX_MOMENTS)
      this.#edges.push({ line, isAsserted, at });
  }

  power(isOn: boolean, at: Instant): void {
    this.#note(at, `power ${isOn ? 'on' : 'off'}`);
  }

  failure(from: Instant, _to: Instant, text: string): void {
    this.#note(from, text);
  }

  log(_level: string, text: string, at: Instant): void {
    this.#note(at, text);
  }

  mark(text: string, at: Instant): void {
    this.#note(at, text);
  }

  scene(): Scene {
    const { from, to, title, notes = [] } = this.options;
    const selections = this.#selections.sort((a, b) => a.fall - b.fall);
    const isNothing = selections.length + this.#edges.length + this.#notes.length === 0;
    if (isNothing) throw new WindowEmpty(from, to, this.#first, this.#last);
    const last = this.#leftOut > 0 ? selections.at(-1)!.rise : (Math.min(to, this.#end()) as Instant);
    const isShown = ({ at }: { at: Instant }): boolean => at >= from && at <= last;
    return {
      title: title ?? 'SPI, TIS and INT_AP_L of the H1',
      subtitle: `from ${stamp(from)} to ${stamp(last)} on the clock of the trace`,
      selections,
      edges: this.#edges.filter(isShown),
      notes: [
        ...notes.map((note) => ({ ...note, isBreach: true })).filter(isShown),
        ...this.#notes.filter(isShown),
      ],
      isReadyAsserted: this.#levels.get('INT_AP_L') === true,
      isResetAsserted: this.#levels.get('TPM_RST_L') === true,
      leftOut: this.#leftOut,
    };
  }

  /** When the last thing that is shown ended. */
  #end(): number {
    const moments = [...this.#edges, ...this.#notes].map(({ at }) => at);
    return Math.max(this.#last, ...moments, ...(this.options.notes ?? []).map(({ at }) => at));
  }

  #isInside(fall: Instant, rise: Instant): boolean {
    if (fall < this.#first) this.#first = fall;
    if (rise > this.#last) this.#last = rise;
    return rise >= this.options.from && fall <= this.options.to;
  }

  #add(selection: Selection): void {
    if (this.#selections.length < MAX_SELECTIONS) this.#selections.push(selection);
    else this.#leftOut++;
  }

  #note(at: Instant, text: string): void {
    const { from, to } = this.options;
    if (at >= from && at <= to && this.#notes.length < MAX_MOMENTS)
      this.#notes.push({ at, text, isBreach: false });
  }
}

const stamp = (at: Instant): string =>
  Number.isFinite(at) ? `${inMs(between(0 as Instant, at)).toFixed(4)} ms` : 'the end';

/** The bytes of one wire of a frame, each with its phase; long runs are shortened. */
function cellsOf({ dataAt, length }: Access, bytes: Uint8Array): Cell[] {
  const all = Array.from(bytes, (byte, i): Cell => {
    const phase = i < 4 ? 'header' : i >= dataAt ? 'data' : i === dataAt - 1 ? 'ready' : 'wait';
    return { phase, text: byte.toString(16).padStart(2, '0') };
  });
  const waits = all.slice(4, Math.min(dataAt, length));
  const data = all.slice(Math.max(4, dataAt));
  return [...all.slice(0, 4), ...shortened(waits, MAX_WAIT), ...shortened(data, MAX_DATA)];
}

function shortened(cells: readonly Cell[], most: number): readonly Cell[] {
  if (cells.length <= most) return cells;
  const kept = most - 2;
  const rest: Cell = { phase: cells[kept]!.phase, text: `+${cells.length - kept - 1}` };
  return [...cells.slice(0, kept), rest, cells.at(-1)!];
}
