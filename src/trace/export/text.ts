import type { Instant } from '../../units/index.ts';
import { between, inMs, inUs, showDuration } from '../../units/index.ts';
import type { Access } from '../decode/access.ts';
import type { TpmExchange } from '../decode/command.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { hexOf, meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import type { EndingSink } from '../events.ts';
import type { Violation } from '../rules/judgement.ts';
import type { TraceSource } from '../source.ts';
import { OrderedLines } from './ordered-lines.ts';

/** How much of a trace is shown as text. */
export interface TextOptions {
  /** Data bytes shown of one access; the others are counted. */
  readonly bytes?: number;
  /** Lines shown, the last ones; the others are counted. */
  readonly lines?: number;
  /** Shown between the events, each at its time. */
  readonly violations?: readonly Violation[];
  /** Show commands and responses alone. */
  readonly commandsOnly?: boolean;
  /** Events that are missing at the beginning. */
  readonly dropped?: number;
  /** Lines before everything else. It is called when the trace is over. */
  readonly above?: () => readonly string[];
}

const NO_MEASURES = ''.padStart(33);
/**
 * Maximum number of characters that are held so that the counts stand above them. In a longer text the counts stand
 * below.
 */
const MAX_HELD = 8 << 20;

/**
 * A trace as text, one line an event, in the order of their beginnings: when on the clock of the trace, how long CS was
 * asserted, wait bytes, the ready pulse's delay and width, and what it was. This is what a failing test attaches.
 *
 *                 ms       CS/us  wait  pulse/us      what
 *             0.3400       126.8     3  91.3 + 11.7   write TPM_STS        20           tpmGo
 */
export class TextWriter extends TraceDecoder {
  readonly #page: Page;
  readonly #lines: OrderedLines;

  constructor(write: (text: string) => void, options: TextOptions = {}) {
    const counts = { frames: 0, selects: 0, commands: 0 };
    const page = new Page(write, options, counts);
    const lines = new OrderedLines(
      (line) => {
        page.add(line);
      },
      (count) => `${''.padStart(14)}  ${NO_MEASURES}  … ${count} more like this`,
    );
    super(linesOf(lines, counts, options));
    this.#page = page;
    this.#lines = lines;
    for (const violation of options.violations ?? []) this.breach(violation);
  }

  /** A breach of a rule, to stand at its time. */
  breach({ rule, at, seen, allowed }: Violation): void {
    this.#lines.add(eventLine(at, `!! ${rule.id}: ${seen} was seen; allowed: ${allowed}. ${rule.source}`));
  }

  override frame(...event: Parameters<EndingSink['frame']>): void {
    super.frame(...event);
    this.#lines.settle(this.settledTo);
  }

  override end(): void {
    super.end();
    this.#lines.end();
    this.#page.end();
  }
}

/** A trace as text, as a whole. */
export function renderText(source: TraceSource, options: TextOptions = {}): string {
  const parts: string[] = [];
  const writer = new TextWriter((text) => parts.push(text), { ...options, dropped: source.dropped });
  source.replay(writer);
  writer.end();
  return parts.join('');
}

interface Counts {
  frames: number;
  selects: number;
  commands: number;
}

/** The lines below their heading, which can only be written when all is counted. */
class Page {
  #body: string[] = [];
  #size = 0;
  #leftOut = 0;
  #isLong = false;

  constructor(
    private readonly write: (text: string) => void,
    private readonly options: TextOptions,
    private readonly counts: Counts,
  ) {}

  add(line: string): void {
    if (this.#isLong) {
      this.write(`${line}\n`);
      return;
    }
    this.#body.push(line);
    this.#size += line.length;
    const { lines } = this.options;
    if (lines !== undefined && this.#body.length > 2 * lines + 100) this.#cut(lines);
    if (this.#size <= MAX_HELD || lines !== undefined) return;
    this.#isLong = true;
    this.write(`A long trace: what was counted stands below it.\n`);
    this.#flush();
  }

  end(): void {
    if (this.options.lines !== undefined) this.#cut(this.options.lines);
    const above = this.options.above?.() ?? [];
    const { frames, selects, commands } = this.counts;
    this.write(
      [
        ...above,
        `${frames} frames, ${selects} empty CS assertions, ${commands} commands; times in ms on the clock of the trace`,
        ...((this.options.dropped ?? 0) > 0
          ? [`${this.options.dropped} earlier events were overwritten and are not shown`]
          : []),
        ...(this.#leftOut > 0 ? [`${this.#leftOut} earlier lines are left out`] : []),
        '',
      ].join('\n'),
    );
    if (!this.#isLong) this.#flush();
  }

  #flush(): void {
    this.write(`${'ms'.padStart(14)}  ${'CS/us'.padStart(11)}  wait  ${'pulse/us'.padEnd(14)}  what\n`);
    for (const line of this.#body) this.write(`${line}\n`);
    this.#body = [];
  }

  #cut(lines: number): void {
    const more = Math.max(0, this.#body.length - lines);
    this.#leftOut += more;
    this.#body = this.#body.slice(more);
  }
}

const eventLine = (at: Instant, what: string): { at: Instant; text: string } => ({
  at,
  text: `${stamp(at)}  ${NO_MEASURES}  ${what}`,
});

/** What each event says. */
function linesOf(lines: OrderedLines, counts: Counts, options: TextOptions): TraceListener {
  const isFull = options.commandsOnly !== true;
  const event = (at: Instant, what: string): void => {
    lines.add(eventLine(at, what));
  };
  return {
    access: (access) => {
      counts.frames++;
      if (!isFull) return;
      const what = describe(access, options.bytes ?? 16);
      const text = `${stamp(access.fall)}  ${measures(access)}  ${what}`;
      lines.add({ at: access.fall, text, ...(access.pulses <= 1 && { what }) });
    },
    command: (exchange) => {
      counts.commands++;
      for (const [at, text] of commandLines(exchange)) event(at, text);
    },
    select: (fall, rise) => {
      counts.selects++;
      const columns = `${us(between(fall, rise))}${NO_MEASURES.slice(11)}`;
      if (isFull) lines.add({ at: fall, text: `${stamp(fall)}  ${columns}  CS asserted without a clock` });
    },
    strayPulse: (from) => {
      event(from, 'INT_AP_L asserted, and no frame waits for it');
    },
    reset: (isAsserted, at) => {
      event(at, `TPM_RST_L ${isAsserted ? 'asserted' : 'deasserted'}`);
    },
    power: (isOn, at) => {
      event(at, `power ${isOn ? 'on' : 'off'}`);
    },
    failure: (from, _to, text) => {
      event(from, `!! ${printable(text)}`);
    },
    log: (level, text, at) => {
      event(at, `${level === 'error' || level === 'warn' ? '!!' : '--'} ${printable(text)}`);
    },
    mark: (text, at) => {
      event(at, `== ${printable(text)}`);
    },
  };
}

/** Makes a text printable, so that it cannot move the cursor of a terminal. */
const printable = (text: string): string => text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '?');

const stamp = (at: Instant): string =>
  inMs(between(0 as Instant, at))
    .toFixed(4)
    .padStart(14);

const us = (duration: number): string =>
  inUs(duration as ReturnType<typeof between>)
    .toFixed(1)
    .padStart(11);

function measures(access: Access): string {
  const { pulses, pulseDelay, pulseWidth } = access;
  const pulse =
    pulses === 0
      ? '-'
      : `${inUs(pulseDelay).toFixed(1)} + ${Number.isNaN(pulseWidth) ? '?' : inUs(pulseWidth).toFixed(1)}` +
        (pulses > 1 ? ` x${pulses}` : '');
  const waits = String(access.waitBytes).padStart(4);
  return `${us(between(access.fall, access.rise))}  ${waits}  ${pulse.padEnd(14)}`;
}

function describe(access: Access, most: number): string {
  const name =
    access.length < 4 ? 'no header' : `${access.direction.padEnd(5)} ${registerName(access.address)}`;
  const data = access.dataLength > 0 ? access.data : access.sent.subarray(0, access.length < 4 ? 4 : 0);
  const more = data.length > most ? ` +${data.length - most}` : '';
  const bytes = hexOf(data.subarray(0, most)) + more;
  const meaning = meaningOf(access);
  return `${name.padEnd(25)}  ${meaning === '' ? bytes : `${bytes.padEnd(23)}  ${meaning}`}`;
}

/** A command where it was started, and its response where it was read. */
function commandLines(exchange: TpmExchange): [Instant, string][] {
  const { command, response, begun, ended, available } = exchange;
  const lines: [Instant, string][] = [[begun, `>> ${exchange.describe()}, ${command.length} bytes`]];
  const waited = Number.isNaN(available) ? '' : `, dataAvail after ${showDuration(exchange.latency)}`;
  const size = response.length > 0 ? `, ${response.length} bytes` : '';
  const note = exchange.outcome === 'answered' ? '' : ` (${exchange.outcome})`;
  lines.push([ended, `<< ${exchange.describeResponse()}${note}${size}${waited}`]);
  return lines;
}
