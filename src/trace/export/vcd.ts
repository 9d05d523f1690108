import type { Hertz, Instant } from '../../units/index.ts';
import { UsageError } from '../../units/index.ts';
import type { TracedLine, WireFrame } from '../events.ts';
import { NOTHING } from '../events.ts';
import type { BusLine } from '../import/channels.ts';
import type { TraceSource } from '../source.ts';

const ID = { cs: '!', clk: '"', mosi: '#', miso: '$', ready: '%', reset: '&', power: "'" } as const;
type Net = keyof typeof ID;
const NAMES: Readonly<Record<Net, string>> = {
  cs: 'CS_L',
  clk: 'CLK',
  mosi: 'MOSI',
  miso: 'MISO',
  ready: 'INT_AP_L',
  reset: 'TPM_RST_L',
  power: 'power',
};

/** What a VCD needs to know beside the trace. */
export interface VcdOptions {
  /** Clock rate of the bus, from which the times of the bits are reconstructed. */
  readonly sck: Hertz;
  /** The source is an excerpt; said in the file. */
  readonly isExcerpt?: boolean;
  /** Lines of the bus that were not recorded: the file does not have them. */
  readonly missing?: readonly BusLine[];
  /** The time unit of the file in ns; chosen by the trace when absent. */
  readonly unitNs?: number;
}

/** Units of a file, in ns, the coarsest first. */
const UNITS = [100, 10, 1, 0.1, 0.01, 0.001] as const;

/** Maximum length of a file in its time unit. PulseView holds every unit in memory. */
const MAX_UNITS = 1e8;

/** A trace has changes that no unit of a VCD can tell apart. */
class TooFineForVcd extends UsageError {
  constructor(finest: number) {
    super(
      `The trace cannot be written as VCD: two changes of one line are ${finest} ns apart, and the finest unit is 1 ps. Export it as .jsonl.`,
    );
  }
}

interface Change {
  readonly at: number;
  readonly text: string;
}

/**
 * A trace as a value change dump for GTKWave and PulseView, given to `write` piece by piece: of the changes, which are
 * some two dozen a byte, no more are held than those of one frame and of the edges before it. The trace is read twice,
 * first for its length and its finest change, which decide the unit. CS_L, INT_AP_L, TPM_RST_L and power change when they
 * were seen to, rounded to the unit, and are x while nobody knows them; a line of which the trace has no edge is left
 * out. A recorded frame has no bit times: its bits are laid out evenly at the bus's clock rate from CS asserted, closer
 * together when the frame was shorter than that; the file says so.
 *
 * @throws TooFineForVcd when no unit holds all changes.
 */
export function writeVcd(source: TraceSource, write: (text: string) => void, options: VcdOptions): void {
  const missing: readonly Net[] = options.missing ?? [];
  const seen = look(source, options.sck);
  const unit = options.unitNs ?? unitFor(seen);
  const { from } = seen;
  // The lines keep their levels for a while before the first change.
  const begin = Math.max(0, Math.floor(from / unit) - 100);
  write(header(source, options, { unit, begin, nets: seen.nets.filter((net) => !missing.includes(net)) }));
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
  /** Levels as they were last seen. */
  const known: Record<TracedLine, string> = { INT_AP_L: '1', TPM_RST_L: '1' };
  const set = (net: Net, value: string, at: number): void => {
    if (level[net] === value || missing.includes(net)) return;
    level[net] = value;
    changes.push({ at, text: `${value}${ID[net]}` });
  };
  source.replay({
    ...NOTHING,
    frame: (frame) => {
      set('cs', '0', frame.fall);
      clockOut(frame, options.sck, set);
      if (frame.ending !== 'held') set('cs', '1', frame.rise);
      flush();
    },
    select: (fall, rise) => {
      set('cs', '0', fall);
      set('cs', '1', rise);
      flush();
    },
    edge: (line, isAsserted, at) => {
      known[line] = isAsserted ? '0' : '1';
      set(netOf(line), known[line], at);
    },
    unseen: (line, isUnseen, at) => {
      set(netOf(line), isUnseen ? 'x' : known[line], at);
    },
    power: (isOn, at) => {
      set('power', isOn ? '1' : '0', at);
    },
  });
  flush();
}

const netOf = (line: TracedLine): Net => (line === 'INT_AP_L' ? 'ready' : 'reset');

/** The whole VCD as one text. */
export function renderVcd(source: TraceSource, options: VcdOptions): string {
  const pieces: string[] = [];
  writeVcd(source, (piece) => pieces.push(piece), options);
  return pieces.join('');
}

/** What has to be known of a trace before its first line is written. */
interface Seen {
  readonly from: number;
  readonly to: number;
  /** The shortest time between two changes of one line, or of CS and the clock, in ns. */
  readonly finest: number;
  readonly nets: readonly Net[];
}

function look(source: TraceSource, sck: Hertz): Seen {
  let from = Infinity;
  let to = 0;
  let finest = Infinity;
  const last = new Map<Net, number>();
  const nets = new Set<Net>(['cs', 'clk', 'mosi', 'miso']);
  const change = (net: Net, at: number): void => {
    const before = last.get(net);
    if (before !== undefined && at > before) finest = Math.min(finest, at - before);
    last.set(net, at);
    nets.add(net);
    from = Math.min(from, at);
    to = Math.max(to, at);
  };
  const select = (fall: Instant, rise: Instant): void => {
    change('cs', fall);
    change('cs', rise);
  };
  source.replay({
    ...NOTHING,
    frame: ({ fall, rise, sent }) => {
      select(fall, rise);
      if (sent.length > 0) finest = Math.min(finest, bitPeriod(8 * sent.length, rise - fall, sck) / 2);
    },
    select,
    edge: (line, _isAsserted, at) => {
      change(netOf(line), at);
    },
    power: (_isOn, at) => {
      change('power', at);
    },
  });
  return { from: from === Infinity ? 0 : from, to, finest, nets: [...nets] };
}

/** The coarsest unit that keeps all changes apart, and no finer one than that unless the trace is short. */
function unitFor({ from, to, finest }: Seen): number {
  const fine = UNITS.filter((unit) => 2 * unit <= finest);
  if (fine.length === 0) throw new TooFineForVcd(finest);
  return fine.findLast((unit) => unit >= 1 && (to - from) / unit <= MAX_UNITS) ?? fine[0]!;
}

interface Heading {
  readonly unit: number;
  readonly begin: number;
  readonly nets: readonly Net[];
}

const showUnit = (unit: number): string => (unit >= 1 ? `${unit} ns` : `${Math.round(unit * 1000)} ps`);

function header(source: TraceSource, { sck, isExcerpt = false }: VcdOptions, heading: Heading): string {
  const { unit, begin, nets } = heading;
  const cut = isExcerpt ? '; an excerpt of a longer trace' : '';
  const lost = source.dropped > 0 ? `; ${source.dropped} earlier events were overwritten` : '';
  const has = (net: Net): boolean => nets.includes(net);
  const atFirst = (['cs', 'ready', 'clk', 'mosi', 'miso', 'reset', 'power'] as const).filter(has);
  const level = (net: Net): string =>
    net === 'cs' || net === 'ready' ? '1' : net === 'reset' || net === 'power' ? 'x' : '0';
  return [
    `$comment Bit times are reconstructed at ${sck} Hz: only CS_L, INT_AP_L, TPM_RST_L and power were measured${cut}${lost} $end`,
    `$timescale ${showUnit(unit)} $end`,
    '$scope module h1 $end',
    ...(Object.keys(ID) as Net[]).filter(has).map((net) => `$var wire 1 ${ID[net]} ${NAMES[net]} $end`),
    '$upscope $end',
    '$enddefinitions $end',
    `#${begin}`,
    '$dumpvars',
    ...atFirst.map((net) => `${level(net)}${ID[net]}`),
    '$end',
    '',
  ].join('\n');
}

/** One period after CS asserted and one before it is deasserted. */
const bitPeriod = (bits: number, length: number, sck: Hertz): number =>
  Math.min(1e9 / sck, length / (bits + 2));

/** Mode 0: data change while the clock is low and are sampled at its rising edge. */
function clockOut(
  frame: WireFrame,
  sck: Hertz,
  set: (net: Net, value: string, at: Instant | number) => void,
): void {
  const { sent, received, fall, rise } = frame;
  const bits = 8 * sent.length;
  if (bits === 0) return;
  const period = bitPeriod(bits, rise - fall, sck);
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
