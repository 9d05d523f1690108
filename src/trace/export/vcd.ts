import type { Hertz, Instant } from '../../units/index.ts';
import type { Access } from '../decode/access.ts';
import { TraceDecoder } from '../decode/decoder.ts';
import { meaningOf } from '../decode/meaning.ts';
import { registerName } from '../decode/register-names.ts';
import { tee } from '../tee.ts';
import type { TraceSink, WireFrame } from '../events.ts';
import { NOTHING } from '../events.ts';
import type { TraceSource } from '../source.ts';

const ID = {
  cs: '!',
  clk: '"',
  mosi: '#',
  miso: '$',
  ready: '%',
  reset: '&',
  power: "'",
  what: '(',
} as const;
type Net = keyof typeof ID;

export interface VcdOptions {
  /** Clock rate of the bus, from which the times of the bits are reconstructed. */
  readonly sck: Hertz;
  /** The source is an excerpt; said in the file. */
  readonly isExcerpt?: boolean;
  /** The time unit of the file; chosen by the length of the trace when absent. */
  readonly unitNs?: VcdUnit;
}

const UNITS = [1, 10, 100] as const;
export type VcdUnit = (typeof UNITS)[number];

/** PulseView holds every time unit of a file in memory: more of them than this is no pleasure to open. */
const MOST_UNITS = 1e8;

/** GTKWave shows a string variable up to its first blank. */
const word = (text: string): string => text.replace(/[^\x21-\x7e]+/g, '_').slice(0, 120) || '-';

interface Change {
  readonly at: number;
  readonly text: string;
}

/**
 * A trace as a value change dump for GTKWave and PulseView, given to `write` piece by piece: of the changes, which are
 * some two dozen a byte, no more are held than those of one frame and of the edges before it. CS_L, INT_AP_L, TPM_RST_L and power change when they
 * were seen to, rounded to the unit of the file. A recorded frame has no bit times: its bits are laid out evenly at the
 * bus's clock rate from CS asserted, closer together when the frame was shorter than that; the file says so. The string
 * `what` names the access.
 */
export function writeVcd(source: TraceSource, write: (text: string) => void, options: VcdOptions): void {
  const { from, to, meanings } = look(source);
  const unit = options.unitNs ?? UNITS.find((one) => (to - from) / one <= MOST_UNITS) ?? 100;
  // The lines stand for a while before the first change.
  const begin = Math.max(0, Math.floor(from / unit) - 100);
  write(header(source, options, unit, begin));
  let now = begin;
  let changes: Change[] = [];
  /** What comes later ends later: only a frame begins before what was told ahead of it. */
  const flush = (): void => {
    const lines: string[] = [];
    for (const { at, text } of changes.sort((a, b) => a.at - b.at)) {
      const time = Math.max(now, Math.round(at / unit));
      if (time !== now) lines.push(`#${time}`);
      now = time;
      lines.push(text);
    }
    changes = [];
    if (lines.length > 0) write(`${lines.join('\n')}\n`);
  };
  const level: Partial<Record<Net, string>> = {};
  const set = (net: Net, value: string, at: number): void => {
    if (level[net] === value) return;
    level[net] = value;
    changes.push({ at, text: net === 'what' ? `s${value} ${ID.what}` : `${value}${ID[net]}` });
  };
  let frames = 0;
  source.replay({
    ...NOTHING,
    frame: (frame) => {
      set('cs', '0', frame.fall);
      set('what', meanings[frames++]!, frame.fall);
      clockOut(frame, options.sck, set);
      if (frame.ending !== 'held') set('cs', '1', frame.rise);
      set('what', '-', frame.rise);
      flush();
    },
    select: (fall, rise) => {
      set('cs', '0', fall);
      set('cs', '1', rise);
      flush();
    },
    edge: (line, isAsserted, at) => {
      set(line === 'INT_AP_L' ? 'ready' : 'reset', isAsserted ? '0' : '1', at);
    },
    power: (isOn, at) => {
      set('power', isOn ? '1' : '0', at);
    },
  });
  flush();
}

export function renderVcd(source: TraceSource, options: VcdOptions): string {
  const pieces: string[] = [];
  writeVcd(source, (piece) => pieces.push(piece), options);
  return pieces.join('');
}

/** When something on a wire began, when the last thing ended, and what each frame means. */
function look(source: TraceSource): { from: number; to: number; meanings: readonly string[] } {
  let from = Infinity;
  let to = 0;
  const note = (begun: number, ended = begun): void => {
    from = Math.min(from, begun);
    to = Math.max(to, ended);
  };
  const meanings: string[] = [];
  const decoder = new TraceDecoder({ access: (access) => meanings.push(word(summary(access))) });
  const wires: TraceSink = {
    ...NOTHING,
    frame: ({ fall, rise }) => {
      note(fall, rise);
    },
    select: note,
    edge: (_line, _isAsserted, at) => {
      note(at);
    },
    power: (_isOn, at) => {
      note(at);
    },
  };
  source.replay(tee(wires, decoder));
  decoder.end();
  return { from: from === Infinity ? 0 : from, to, meanings };
}

const summary = (access: Access): string =>
  access.length < 4
    ? 'no header'
    : `${access.direction} ${registerName(access.address)}: ${meaningOf(access)}`;

function header(
  source: TraceSource,
  { sck, isExcerpt = false }: VcdOptions,
  unit: VcdUnit,
  begin: number,
): string {
  const nets: [string, string][] = [
    [ID.cs, 'CS_L'],
    [ID.clk, 'CLK'],
    [ID.mosi, 'MOSI'],
    [ID.miso, 'MISO'],
    [ID.ready, 'INT_AP_L'],
    [ID.reset, 'TPM_RST_L'],
    [ID.power, 'power'],
  ];
  const cut = isExcerpt ? '; an excerpt of a longer trace' : '';
  const lost = source.dropped > 0 ? `; ${source.dropped} earlier events were overwritten` : '';
  return [
    `$comment Bit times are reconstructed at ${sck} Hz: only CS_L, INT_AP_L, TPM_RST_L and power were measured${cut}${lost} $end`,
    `$timescale ${unit} ns $end`,
    '$scope module h1 $end',
    ...nets.map(([id, name]) => `$var wire 1 ${id} ${name} $end`),
    `$var string 1 ${ID.what} what $end`,
    '$upscope $end',
    '$enddefinitions $end',
    `#${begin}`,
    '$dumpvars',
    ...[ID.cs, ID.ready].map((id) => `1${id}`),
    ...[ID.clk, ID.mosi, ID.miso].map((id) => `0${id}`),
    ...[ID.reset, ID.power].map((id) => `x${id}`),
    `s- ${ID.what}`,
    '$end',
    '',
  ].join('\n');
}

/** Mode 0: data change while the clock is low and are sampled at its rising edge. */
function clockOut(
  frame: WireFrame,
  sck: Hertz,
  set: (net: Net, value: string, at: Instant | number) => void,
): void {
  const { sent, received, fall, rise } = frame;
  const bits = 8 * sent.length;
  if (bits === 0) return;
  // One period after CS asserted and one before it is deasserted.
  const period = Math.min(1e9 / sck, (rise - fall) / (bits + 2));
  const between = rise - fall - 2 * period - bits * period;
  const gap = sent.length > 1 ? Math.max(0, between) / (sent.length - 1) : 0;
  for (let byte = 0; byte < sent.length; byte++)
    for (let bit = 7; bit >= 0; bit--) {
      const at = fall + period + byte * (8 * period + gap) + (7 - bit) * period;
      set('mosi', String((sent[byte]! >> bit) & 1), at);
      set('miso', String((received[byte]! >> bit) & 1), at);
      set('clk', '1', at + period / 2);
      set('clk', '0', at + period);
    }
}
