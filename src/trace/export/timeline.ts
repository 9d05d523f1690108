import type { Duration, Instant } from '../../units/index.ts';
import { inMs } from '../../units/index.ts';
import type { Access } from '../decode/access.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import type { TracedLine, TraceSink } from '../events.ts';
import { NOTHING } from '../events.ts';
import type { Violation } from '../rules/judgement.ts';
import type { TraceSource } from '../source.ts';
import { tee } from '../tee.ts';
import type { Cell, Edge, Scene, Selection } from './timing-diagram.ts';
import { drawTimingDiagram } from './timing-diagram.ts';

export interface TimelineOptions {
  /** CS assertions that reach into this window are shown. */
  readonly from: Instant;
  readonly to: Instant;
  readonly title?: string;
  /** Moments to point at, such as that of a violation. */
  readonly notes?: readonly { readonly at: Instant; readonly text: string }[];
}

/** CS assertions shown at most; a picture of more is no picture. */
const MOST_SELECTIONS = 60;
/** Wait bytes and data bytes shown of one frame; of more the first ones, a count, and the last one. */
const MOST_WAIT = 6;
const MOST_DATA = 24;

/**
 * A window of a trace as an SVG timing diagram: CS_L, the bytes of both directions by their phase, INT_AP_L, what each
 * frame means, how long everything took, and notes. It is not drawn to scale, so that a pulse of 9 us and a pause of
 * 2 s can both be read: every time stands below it.
 */
export function renderTimeline(source: TraceSource, options: TimelineOptions): string {
  const collected = new Collector(options);
  const decoder = new TraceDecoder({
    access: (access) => {
      collected.access(access);
    },
  });
  source.replay(tee(collected, decoder));
  decoder.end();
  return drawTimingDiagram(collected.scene());
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

/** Takes from a trace what lies in the window. */
class Collector implements TraceSink {
  readonly #selections: Selection[] = [];
  readonly #edges: Edge[] = [];
  readonly #notes: { at: Instant; text: string; isBreach: boolean }[] = [];
  readonly #levels = new Map<TracedLine, boolean>();
  #leftOut = 0;

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
    else if (at <= this.options.to) this.#edges.push({ line, isAsserted, at });
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
    const last = this.#leftOut > 0 ? selections.at(-1)!.rise : to;
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

  #isInside(fall: Instant, rise: Instant): boolean {
    return rise >= this.options.from && fall <= this.options.to;
  }

  #add(selection: Selection): void {
    if (this.#selections.length < MOST_SELECTIONS) this.#selections.push(selection);
    else this.#leftOut++;
  }

  #note(at: Instant, text: string): void {
    this.#notes.push({ at, text, isBreach: false });
  }
}

const stamp = (at: Instant): string => `${inMs(at as unknown as Duration).toFixed(4)} ms`;

/** The bytes of one wire of a frame, each with its phase; long runs are shortened. */
function cellsOf({ dataAt, length }: Access, bytes: Uint8Array): Cell[] {
  const all = Array.from(bytes, (byte, i): Cell => {
    const phase = i < 4 ? 'header' : i >= dataAt ? 'data' : i === dataAt - 1 ? 'ready' : 'wait';
    return { phase, text: byte.toString(16).padStart(2, '0') };
  });
  const waits = all.slice(4, Math.min(dataAt, length));
  const data = all.slice(Math.max(4, dataAt));
  return [...all.slice(0, 4), ...shortened(waits, MOST_WAIT), ...shortened(data, MOST_DATA)];
}

function shortened(cells: readonly Cell[], most: number): readonly Cell[] {
  if (cells.length <= most) return cells;
  const kept = most - 2;
  const rest: Cell = { phase: cells[kept]!.phase, text: `+${cells.length - kept - 1}` };
  return [...cells.slice(0, kept), rest, cells.at(-1)!];
}
