import type { Instant } from '../../units/index.ts';
import { between, inUs } from '../../units/index.ts';
import type { Access } from '../decode/access.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import type { TraceSink, WireFrame } from '../events.ts';
import type { TraceSource } from '../source.ts';
import { tee } from '../tee.ts';

export interface TimelineOptions {
  readonly from: Instant;
  readonly to: Instant;
  readonly title?: string;
  /** Moments to point at, such as that of a violation. */
  readonly notes?: readonly { readonly at: Instant; readonly text: string }[];
}

const WIDTH = 1000;
const LEFT = 90;
const RIGHT = 20;
const ROW = 34;
const LEVEL = 18;
/** A byte's two digits need this many pixels; narrower ones stay without. */
const DIGITS_WIDTH = 13;
const ROWS = ['CS_L', 'MOSI', 'MISO', 'INT_AP_L'] as const;
type Row = (typeof ROWS)[number];
const TOP = 58;

const COLOURS = {
  header: '#cfe2f3',
  wait: '#eeeeee',
  ready: '#d9ead3',
  data: '#fff2cc',
  line: '#222222',
  note: '#cc0000',
  text: '#222222',
  faint: '#777777',
} as const;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one]!);

/**
 * A window of a trace as an SVG picture: CS, the bytes of both directions (header, wait states and data in different
 * colours), INT_AP_L, what each frame means, and notes. Bytes lie evenly between CS edges: where exactly each was
 * clocked is not in a trace.
 */
export function renderTimeline(source: TraceSource, options: TimelineOptions): string {
  const picture = new Picture(options);
  const wires: TraceSink = {
    frame: (frame) => {
      picture.frame(frame);
    },
    select: (fall, rise) => {
      picture.cs(fall, rise);
    },
    edge: (line, isAsserted, at) => {
      if (line === 'INT_AP_L') picture.ready(isAsserted, at);
    },
    power: () => undefined,
    failure: () => undefined,
    log: () => undefined,
    mark: (text, at) => {
      picture.note(text, at, COLOURS.faint);
    },
  };
  const decoder = new TraceDecoder({
    access: (access) => {
      picture.access(access);
    },
  });
  source.replay(tee(wires, decoder));
  decoder.end();
  for (const { at, text } of options.notes ?? []) picture.note(text, at, COLOURS.note);
  return picture.toString();
}

class Picture {
  readonly #parts: string[] = [];
  readonly #csEdges: { at: number; isLow: boolean }[] = [];
  readonly #readyEdges: { at: number; isLow: boolean }[] = [];
  #notes = 0;

  constructor(private readonly options: TimelineOptions) {}

  frame(frame: WireFrame): void {
    this.cs(frame.fall, frame.ending === 'held' ? undefined : frame.rise);
  }

  cs(fall: Instant, rise: Instant | undefined): void {
    // Of what lies outside the window only the level on its way in matters.
    if (fall > this.options.to || (rise !== undefined && rise < this.options.from)) return;
    this.#csEdges.push({ at: fall, isLow: true });
    if (rise !== undefined) this.#csEdges.push({ at: rise, isLow: false });
  }

  ready(isAsserted: boolean, at: Instant): void {
    if (at < this.options.from) this.#readyEdges.length = 0;
    if (at <= this.options.to) this.#readyEdges.push({ at, isLow: isAsserted });
  }

  access(access: Access): void {
    if (access.rise < this.options.from || access.fall > this.options.to) return;
    const { sent, received, dataAt, length } = access;
    const step = between(access.fall, access.rise) / Math.max(1, length);
    for (let i = 0; i < length; i++) {
      const from = this.#x(access.fall + i * step);
      const to = this.#x(access.fall + (i + 1) * step);
      const colour =
        i < 4 ? COLOURS.header : i >= dataAt ? COLOURS.data : i === dataAt - 1 ? COLOURS.ready : COLOURS.wait;
      this.#byte('MOSI', sent[i]!, from, to, colour);
      this.#byte('MISO', received[i]!, from, to, colour);
    }
    const name = length < 4 ? 'no header' : `${access.direction} ${registerName(access.address)}`;
    const what = `${name}: ${meaningOf(access)}`;
    const x = this.#x(access.fall);
    const room = Math.floor((this.#x(access.rise) - x) / 6);
    const short = what.length > room ? `${what.slice(0, Math.max(0, room - 1))}…` : what;
    if (room > 3) this.#text(x, TOP - 8, short, COLOURS.text, what);
  }

  note(text: string, at: Instant, colour: string): void {
    if (at < this.options.from || at > this.options.to) return;
    const x = this.#x(at);
    const y = TOP + ROWS.length * ROW + 34 + 14 * this.#notes++;
    this.#parts.push(
      `<line x1="${x}" y1="${TOP}" x2="${x}" y2="${y - 10}" stroke="${colour}" stroke-dasharray="3 2"/>`,
    );
    const isRight = x > WIDTH / 2;
    const anchor = isRight ? ' text-anchor="end"' : '';
    this.#parts.push(
      `<text x="${isRight ? x - 4 : x + 4}" y="${y}" fill="${colour}"${anchor}>${escaped(text)}</text>`,
    );
  }

  toString(): string {
    const height = TOP + ROWS.length * ROW + 34 + 14 * this.#notes + 10;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="11">`,
      `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
      `<text x="8" y="18" font-size="13" font-weight="bold">${escaped(this.options.title ?? 'H1 bus')}</text>`,
      ...ROWS.map((row) => `<text x="8" y="${this.#y(row) + 13}" fill="${COLOURS.text}">${row}</text>`),
      this.#level('CS_L', this.#csEdges),
      this.#level('INT_AP_L', this.#readyEdges),
      ...this.#parts,
      ...this.#axis(),
      '</svg>',
      '',
    ].join('\n');
  }

  #x(at: number): number {
    const { from, to } = this.options;
    const share = (Math.min(Math.max(at, from), to) - from) / Math.max(1, to - from);
    return Number((LEFT + share * (WIDTH - LEFT - RIGHT)).toFixed(2));
  }

  #y(row: Row): number {
    return TOP + ROWS.indexOf(row) * ROW;
  }

  #byte(row: Row, value: number, from: number, to: number, colour: string): void {
    const y = this.#y(row);
    const width = Number((to - from).toFixed(2));
    if (width <= 0) return;
    this.#parts.push(
      `<rect x="${from}" y="${y}" width="${width}" height="${LEVEL}" fill="${colour}" stroke="#999999" stroke-width="0.5"/>`,
    );
    if (width < DIGITS_WIDTH) return;
    const hex = value.toString(16).padStart(2, '0');
    this.#parts.push(
      `<text x="${((from + to) / 2).toFixed(2)}" y="${y + 13}" text-anchor="middle" fill="${COLOURS.text}">${hex}</text>`,
    );
  }

  #text(x: number, y: number, text: string, colour: string, whole: string): void {
    this.#parts.push(
      `<text x="${x}" y="${y}" fill="${colour}">${escaped(text)}<title>${escaped(whole)}</title></text>`,
    );
  }

  /** A line that is high until the first edge says otherwise. */
  #level(row: Row, edges: readonly { at: number; isLow: boolean }[]): string {
    const high = this.#y(row);
    const low = high + LEVEL;
    const { from, to } = this.options;
    let y = high;
    const points: string[] = [];
    for (const { at, isLow } of [...edges].sort((a, b) => a.at - b.at)) {
      const next = isLow ? low : high;
      if (at > from && at < to) {
        if (points.length === 0) points.push(`${LEFT},${y}`);
        points.push(`${this.#x(at)},${y}`, `${this.#x(at)},${next}`);
      }
      if (at < to) y = next;
    }
    if (points.length === 0) points.push(`${LEFT},${y}`);
    points.push(`${WIDTH - RIGHT},${y}`);
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${COLOURS.line}" stroke-width="1.5"/>`;
  }

  #axis(): string[] {
    const { from, to } = this.options;
    const y = TOP + ROWS.length * ROW + 4;
    const span = inUs(between(from, to));
    const step = niceStep(span / 8);
    const parts = [
      `<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" stroke="${COLOURS.faint}"/>`,
    ];
    for (let tick = 0; tick <= span; tick += step) {
      const x = this.#x(from + tick * 1000);
      parts.push(`<line x1="${x}" y1="${y}" x2="${x}" y2="${y + 4}" stroke="${COLOURS.faint}"/>`);
      parts.push(
        `<text x="${x}" y="${y + 15}" text-anchor="middle" fill="${COLOURS.faint}">${Number(tick.toFixed(3))} us</text>`,
      );
    }
    return parts;
  }
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-3)));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}
