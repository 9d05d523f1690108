import type { Instant } from '../../units/index.ts';
import { between, inMs, inUs, showDuration } from '../../units/index.ts';
import type { Access } from '../decode/access.ts';
import type { TpmExchange } from '../decode/command.ts';
import type { TraceListener } from '../decode/decoder.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { hexOf, meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import type { Violation } from '../rules/judgement.ts';
import type { TraceSource } from '../source.ts';

export interface TextOptions {
  /** Data bytes shown of one access; the others are counted. */
  readonly bytes?: number;
  /** Lines shown, the last ones; the others are counted. */
  readonly lines?: number;
  /** Shown between the events, each at its time. */
  readonly violations?: readonly Violation[];
  /** Show commands and responses alone. */
  readonly commandsOnly?: boolean;
}

interface Line {
  readonly at: Instant;
  /** What the line says of an access, for lines that say the same one after another. */
  readonly what?: string;
  readonly text: (start: Instant) => string;
}

const NO_MEASURES = ''.padStart(33);
/** So many equal accesses in a row, such as polls of TPM_STS, are shown as the first, a count, and the last. */
const FOLDED = 4;

/**
 * A trace as text, one line an event, in the order of their beginnings: when, how long CS was asserted, wait bytes,
 * the ready pulse's delay and width, and what it was. This is what a failing test attaches.
 *
 *     ms since start     CS/us  wait  pulse/us      what
 *             0.3400    126.8     3  91.3 + 11.7   write TPM_STS        20           tpmGo
 */
export function renderText(source: TraceSource, options: TextOptions = {}): string {
  const lines: Line[] = [];
  const counts = { frames: 0, selects: 0, commands: 0 };
  const add = (at: Instant, columns: string, what: string, canRepeat = false): void => {
    lines.push({
      at,
      text: (start) => `${stamp(start, at)}  ${columns}  ${what}`,
      ...(canRepeat && { what }),
    });
  };
  const event = (at: Instant, what: string): void => {
    add(at, NO_MEASURES, what);
  };
  const isFull = options.commandsOnly !== true;
  const listener: TraceListener = {
    access: (access) => {
      counts.frames++;
      if (!isFull) return;
      add(access.fall, measures(access), describe(access, options.bytes ?? 16), access.pulses === 1);
    },
    command: (exchange) => {
      counts.commands++;
      for (const [at, text] of commandLines(exchange)) event(at, text);
    },
    select: (fall, rise) => {
      counts.selects++;
      if (isFull)
        add(fall, `${us(between(fall, rise))}${NO_MEASURES.slice(11)}`, 'CS asserted without a clock');
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
      event(from, `!! ${text}`);
    },
    log: (level, text, at) => {
      event(at, `${level === 'error' || level === 'warn' ? '!!' : '--'} ${text}`);
    },
    mark: (text, at) => {
      event(at, `== ${text}`);
    },
  };
  const decoder = new TraceDecoder(listener);
  source.replay(decoder);
  decoder.end();
  for (const { rule, at, seen, allowed } of options.violations ?? [])
    event(at, `!! ${rule.id}: ${seen} was seen; allowed: ${allowed}. ${rule.source}`);
  lines.sort((a, b) => a.at - b.at);
  const start = lines[0]?.at ?? (0 as Instant);
  const folded = fold(lines);
  const shown = options.lines === undefined ? folded : folded.slice(-options.lines);
  return [
    `${counts.frames} frames, ${counts.selects} empty CS assertions, ${counts.commands} commands; ` +
      `time 0 is ${inMs(between(0 as Instant, start)).toFixed(4)} ms on the board's clock`,
    ...(source.dropped > 0 ? [`${source.dropped} earlier events were overwritten and are not shown`] : []),
    ...(shown.length < folded.length ? [`${folded.length - shown.length} earlier lines are left out`] : []),
    `${'ms since start'.padStart(14)}  ${'CS/us'.padStart(11)}  wait  ${'pulse/us'.padEnd(14)}  what`,
    ...shown.map(({ text }) => text(start)),
    '',
  ].join('\n');
}

/** The lines with runs of equal ones shortened. */
function fold(lines: readonly Line[]): Line[] {
  const folded: Line[] = [];
  for (let i = 0; i < lines.length;) {
    const first = lines[i]!;
    let end = i + 1;
    while (first.what !== undefined && end < lines.length && lines[end]!.what === first.what) end++;
    if (end - i < FOLDED) folded.push(...lines.slice(i, end));
    else {
      const between = `${''.padStart(14)}  ${NO_MEASURES}  … ${end - i - 2} more like this`;
      folded.push(first, { at: first.at, text: () => between }, lines[end - 1]!);
    }
    i = end;
  }
  return folded;
}

const stamp = (start: Instant, at: Instant): string => inMs(between(start, at)).toFixed(4).padStart(14);

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
