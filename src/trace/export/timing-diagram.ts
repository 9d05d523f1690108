import type { Duration, Instant } from '../../units/index.ts';
import { between, inMs, showDuration } from '../../units/index.ts';
import type { TracedLine } from '../events.ts';

/** One byte, or a run of bytes that is only counted. */
export interface Cell {
  readonly phase: (typeof PHASES)[number];
  readonly text: string;
}

/** One time for which CS was asserted. */
export interface Selection {
  readonly fall: Instant;
  readonly rise: Instant;
  /** CS stays asserted behind `rise`. */
  readonly isHeld: boolean;
  readonly caption: string;
  readonly meaning: string;
  /** As many for one wire as for the other; none when there was no clock. */
  readonly sent: readonly Cell[];
  readonly received: readonly Cell[];
}

/** One change of a line in a picture. */
export interface Edge {
  readonly line: TracedLine;
  readonly isAsserted: boolean;
  readonly at: Instant;
}

/** What a timing diagram shows. */
export interface Scene {
  readonly title: string;
  readonly subtitle: string;
  /** In the order of time. */
  readonly selections: readonly Selection[];
  readonly edges: readonly Edge[];
  readonly notes: readonly { readonly at: Instant; readonly text: string; readonly isBreach: boolean }[];
  /** Levels when it begins. */
  readonly isReadyAsserted: boolean;
  readonly isResetAsserted: boolean;
  /** CS assertions that had no room. */
  readonly leftOut: number;
}

const WIDTH = 1000;
const LEFT = 84;
const RIGHT = 16;
const LEAD = 26;
const CHARACTER = 6.6;
const CELL = 19;
const LEAST_SELECTION = 64;
const TRACK = 28;
const LEVEL = 18;
const SLANT = 3;
const CAPTIONS = 46;
const TIMES = 24;
const NOTE = 16;
const HEAD = 64;

const COLOURS = {
  header: '#cfe2f3',
  wait: '#eceff1',
  ready: '#b7e1cd',
  data: '#fff2cc',
  ink: '#202124',
  faint: '#6b7177',
  rule: '#b0b6bb',
  breach: '#c5221f',
  breachBack: '#fce8e6',
} as const;

const PHASES = ['header', 'wait', 'ready', 'data'] as const;

/** A stretch of time between two things that happened, and its place in the picture. */
interface Stretch {
  readonly from: Instant;
  readonly to: Instant;
  readonly x: number;
  readonly width: number;
  readonly selection?: Selection;
}

/** One line of the picture. */
interface Row {
  readonly stretches: Stretch[];
  end: number;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one]!);

const widthOf = (text: string): number => text.length * CHARACTER;

/** A text cut to a width; what is cut off can be seen by pointing at it. */
function label([x, y]: readonly [number, number], text: string, room: number, attributes = ''): string {
  const most = Math.max(1, Math.floor(room / CHARACTER));
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  const title = short === text ? '' : `<title>${escaped(text)}</title>`;
  return `<text x="${round(x)}" y="${round(y)}"${attributes}>${escaped(short)}${title}</text>`;
}

const round = (value: number): number => Number(value.toFixed(1));

/** A scene as an SVG picture, broken into as many rows as it needs. */
export function drawTimingDiagram(scene: Scene): string {
  const rows = layOut(scene);
  const hasReset = scene.isResetAsserted || scene.edges.some(({ line }) => line === 'TPM_RST_L');
  const lines: readonly TracedLine[] = hasReset ? ['INT_AP_L', 'TPM_RST_L'] : ['INT_AP_L'];
  const parts: string[] = [];
  let y = HEAD;
  for (const row of rows) {
    const drawn = new RowDrawing(scene, row, lines, y);
    parts.push(...drawn.parts());
    y += drawn.height;
  }
  if (scene.leftOut > 0)
    parts.push(
      label([LEFT, y], `${scene.leftOut} CS assertions more are left out`, WIDTH, ` fill="${COLOURS.faint}"`),
    );
  const height = y + (scene.leftOut > 0 ? 14 : 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="11" fill="${COLOURS.ink}">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    label([8, 22], scene.title, (WIDTH - 24) * 0.84, ' font-size="13" font-weight="bold"'),
    label([8, 42], `${scene.subtitle}; not to scale`, WIDTH, ` fill="${COLOURS.faint}"`),
    ...legend(),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function legend(): string[] {
  let x = WIDTH - RIGHT - PHASES.length * 66;
  return PHASES.flatMap((phase) => {
    const parts = [
      `<rect x="${x}" y="32" width="12" height="12" fill="${COLOURS[phase]}" stroke="${COLOURS.rule}"/>`,
      label([x + 17, 42], phase, 50, ` fill="${COLOURS.faint}"`),
    ];
    x += 66;
    return parts;
  });
}

/** Gives every stretch of time its place. A row breaks only where CS is asserted. */
function layOut(scene: Scene): Row[] {
  const { selections, edges, notes } = scene;
  const moments = new Set<Instant>();
  for (const { fall, rise } of selections) moments.add(fall).add(rise);
  const isInside = (at: Instant): boolean => selections.some(({ fall, rise }) => at > fall && at < rise);
  for (const { at } of [...edges, ...notes]) if (!isInside(at)) moments.add(at);
  const times = [...moments].sort((a, b) => a - b);
  const rows: Row[] = [{ stretches: [], end: LEFT + LEAD }];
  if (times.length === 1)
    rows[0]!.stretches.push({ from: times[0]!, to: times[0]!, x: LEFT + LEAD, width: 0 });
  for (const group of groupsOf(times, selections)) {
    const width = group.reduce((sum, stretch) => sum + stretch.width, 0);
    let row = rows.at(-1)!;
    if (row.stretches.length > 0 && row.end + width > WIDTH - RIGHT - LEAD) {
      row = { stretches: [], end: LEFT + LEAD };
      rows.push(row);
    }
    for (const stretch of group) {
      row.stretches.push({ ...stretch, x: row.end });
      row.end += stretch.width;
    }
  }
  return rows;
}

/** The stretches between the times, each CS assertion with what follows until the next one: they stay together. */
function groupsOf(times: readonly Instant[], selections: readonly Selection[]): Omit<Stretch, 'x'>[][] {
  const groups: Omit<Stretch, 'x'>[][] = [[]];
  for (let i = 1; i < times.length; i++) {
    const [from, to] = [times[i - 1]!, times[i]!];
    const selection = selections.find(({ fall }) => fall === from);
    if (selection) groups.push([]);
    const width = selection ? selectionWidth(selection) : widthOf(showDuration(between(from, to))) + 18;
    groups.at(-1)!.push({ from, to, width, ...(selection && { selection }) });
  }
  return groups;
}

const cellWidth = ({ text }: Cell): number => Math.max(CELL, widthOf(text) + 5);
const selectionWidth = ({ sent }: Selection): number =>
  Math.max(LEAST_SELECTION, sent.reduce((sum, cell) => sum + cellWidth(cell), 0) + 4 * SLANT + 4);

class RowDrawing {
  readonly height: number;
  readonly #notes: readonly Scene['notes'][number][];
  readonly #from: Instant;
  readonly #to: Instant;
  readonly #tracks: ReadonlyMap<string, number>;
  readonly #timesAt: number;

  constructor(
    private readonly scene: Scene,
    private readonly row: Row,
    private readonly lines: readonly TracedLine[],
    private readonly top: number,
  ) {
    this.#from = row.stretches[0]?.from ?? (0 as Instant);
    this.#to = row.stretches.at(-1)?.to ?? (0 as Instant);
    this.#notes = scene.notes.filter(({ at }) => row.stretches.length > 0 && this.#isHere(at));
    const names = ['CS_L', 'MOSI', 'MISO', ...lines];
    this.#tracks = new Map(names.map((name, i) => [name, top + CAPTIONS + i * TRACK]));
    this.#timesAt = top + CAPTIONS + names.length * TRACK;
    this.height = CAPTIONS + names.length * TRACK + TIMES + NOTE * this.#notes.length + 22;
  }

  parts(): string[] {
    return [
      ...[...this.#tracks].map(([name, y]) => label([8, y + 13], name, LEFT)),
      ...this.#noteLines(),
      ...this.row.stretches.flatMap((stretch) => this.#stretch(stretch)),
      this.#wave('CS_L', false, this.#selectEdges()),
      ...this.lines.map((line) => this.#wave(line, this.#levelBefore(line), this.#edgesOf(line))),
      ...this.#noteTexts(),
    ];
  }

  /** A moment on the border of two rows belongs to the earlier one. */
  #isHere(at: Instant): boolean {
    const isFirst = this.scene.selections.length === 0 || this.#from <= this.scene.selections[0]!.fall;
    return (at > this.#from || (isFirst && at >= this.#from)) && at <= this.#to;
  }

  #x(at: Instant): number {
    for (const { from, to, x, width } of this.row.stretches)
      if (at <= to) return round(x + (to > from ? ((at - from) / (to - from)) * width : 0));
    return this.row.end;
  }

  #y(track: string): number {
    return this.#tracks.get(track)!;
  }

  #stretch({ from, to, x, width, selection }: Stretch): string[] {
    const parts = to > from ? this.#dimension(x, width, showDuration(between(from, to))) : [];
    if (!selection) return parts;
    const next = this.row.stretches.find((other) => other.selection && other.x > x)?.x ?? WIDTH - RIGHT;
    const room = next - x - 14;
    const at = `${inMs(from as unknown as Duration).toFixed(4)} ms`;
    return [
      ...parts,
      label([x, this.top + 12], at, room, ` fill="${COLOURS.faint}"`),
      label([x, this.top + 25], selection.caption, room, ' font-weight="bold"'),
      label([x, this.top + 38], selection.meaning, room),
      ...this.#cells('MOSI', selection.sent, x + 2 * SLANT + 2),
      ...this.#cells('MISO', selection.received, x + 2 * SLANT + 2),
    ];
  }

  #cells(track: 'MOSI' | 'MISO', cells: readonly Cell[], from: number): string[] {
    const y = this.#y(track);
    let x = from;
    return cells.flatMap((cell) => {
      const width = cellWidth(cell);
      const parts = [
        `<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${LEVEL}" fill="${COLOURS[cell.phase]}" stroke="${COLOURS.rule}"/>`,
        `<text x="${round(x + width / 2)}" y="${y + 13}" text-anchor="middle">${cell.text}</text>`,
      ];
      x += width;
      return parts;
    });
  }

  /** How long a stretch took, between two arrow heads. */
  #dimension(x: number, width: number, text: string): string[] {
    const y = this.#timesAt + 6;
    const [a, b] = [round(x + 1), round(x + width - 1)];
    return [
      `<path d="M${a} ${y - 4}V${y + 4}M${b} ${y - 4}V${y + 4}M${a} ${y}H${b}M${a + 4} ${y - 2}L${a} ${y}L${a + 4} ${y + 2}M${b - 4} ${y - 2}L${b} ${y}L${b - 4} ${y + 2}" fill="none" stroke="${COLOURS.rule}"/>`,
      `<text x="${round(x + width / 2)}" y="${y + 15}" text-anchor="middle" font-size="10" fill="${COLOURS.faint}">${text}</text>`,
    ];
  }

  #selectEdges(): { at: Instant; isLow: boolean }[] {
    return this.row.stretches.flatMap(({ selection }) =>
      selection === undefined
        ? []
        : [
            { at: selection.fall, isLow: true },
            ...(selection.isHeld ? [] : [{ at: selection.rise, isLow: false }]),
          ],
    );
  }

  #edgesOf(line: TracedLine): { at: Instant; isLow: boolean }[] {
    return this.scene.edges
      .filter((edge) => edge.line === line && this.#isHere(edge.at))
      .map(({ at, isAsserted }) => ({ at, isLow: isAsserted }));
  }

  #levelBefore(line: TracedLine): boolean {
    const before = this.scene.edges.filter((edge) => edge.line === line && edge.at < this.#from).at(-1);
    if (before) return before.isAsserted;
    return line === 'INT_AP_L' ? this.scene.isReadyAsserted : this.scene.isResetAsserted;
  }

  #wave(track: string, isLow: boolean, edges: readonly { at: Instant; isLow: boolean }[]): string {
    const high = this.#y(track);
    const low = high + LEVEL;
    let y = isLow ? low : high;
    const points = [`${LEFT},${y}`];
    for (const edge of edges) {
      const next = edge.isLow ? low : high;
      const x = this.#x(edge.at);
      points.push(`${x},${y}`, `${round(x + SLANT)},${next}`);
      y = next;
    }
    points.push(`${round(Math.min(WIDTH - RIGHT, this.row.end + LEAD))},${y}`);
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${COLOURS.ink}" stroke-width="1.4"/>`;
  }

  #noteLines(): string[] {
    return this.#notes.flatMap(({ at, isBreach }, i) => {
      const x = this.#x(at);
      const end = this.#noteAt(i) - 4;
      const from = this.top + CAPTIONS - 6;
      if (!isBreach)
        return [
          `<line x1="${x}" y1="${from}" x2="${x}" y2="${end}" stroke="${COLOURS.rule}" stroke-dasharray="2 3"/>`,
        ];
      return [
        `<rect x="${round(x - 5)}" y="${from}" width="10" height="${round(end - from)}" fill="${COLOURS.breachBack}"/>`,
        `<line x1="${x}" y1="${from}" x2="${x}" y2="${end}" stroke="${COLOURS.breach}" stroke-width="1.5" stroke-dasharray="5 3"/>`,
      ];
    });
  }

  #noteTexts(): string[] {
    return this.#notes.map(({ at, text, isBreach }, i) => {
      const x = this.#x(at);
      const isRight = x + widthOf(text) > WIDTH - RIGHT && x > WIDTH / 2;
      const style = ` fill="${isBreach ? COLOURS.breach : COLOURS.faint}"${isBreach ? ' font-weight="bold"' : ''}${isRight ? ' text-anchor="end"' : ''}`;
      return label(
        [isRight ? x - 5 : x + 5, this.#noteAt(i)],
        text,
        isRight ? x - 20 : WIDTH - RIGHT - x,
        style,
      );
    });
  }

  #noteAt(i: number): number {
    return this.#timesAt + TIMES + 10 + NOTE * i;
  }
}
