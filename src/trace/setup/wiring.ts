import type { Net } from '../import/channels.ts';
import type { Beginning } from './sample.ts';
import { edgesOf } from './sample.ts';

/** Channel of each net; undefined when nobody recorded it. */
export type Channels = { readonly [net in Net]?: number };

/** One way to read the channels. */
export interface Wiring {
  readonly channels: Channels;
  readonly invertsCs: boolean;
  /** The clock's falling edge samples: modes 1 and 2. */
  readonly samplesFalling: boolean;
}

/** What the beginning of a capture looks like, read in one way. */
export interface Reading {
  readonly wiring: Wiring;
  /** Frames from their begin to their end, and those of them whose header addresses a TPM. [CHIP 1.2] */
  readonly frames: number;
  readonly toTpm: number;
}

/** Maximum number of changes by which ways to read are compared. */
const MAX_CHANGES = 100_000;
/** Edges of a clock that a header alone has. */
const LEAST_CLOCKS = 64;
/** Minimum number of frames that address a TPM, for a way of reading to count as the right one. */
const LEAST_FRAMES = 2;

/**
 * The way by which most frames address a TPM, of all that give each line of the bus to another channel, CS upside down or
 * not, with either edge of the clock. Of two that find the same, the one that changes less of what is `given`.
 */
export function bestReading(beginning: Beginning, given: Wiring): Reading | undefined {
  const edges = edgesOf(beginning);
  const moving = [...edges.keys()].filter((channel) => edges[channel]! > 0);
  const { cs: named, ready, reset } = given.channels;
  const isOtherLine = (channel: number): boolean => channel === ready || channel === reset;
  // Another line is CS where both have changed places, and never in place of a CS that stands still.
  const canSwap = named === undefined || edges[named]! > 0;
  const selects = moving.filter((channel) => canSwap || !isOtherLine(channel));
  let best: Candidate | undefined;
  for (const clk of moving.filter((channel) => edges[channel]! >= LEAST_CLOCKS))
    for (const cs of selects.filter((channel) => edges[channel]! < edges[clk]!))
      for (const samplesFalling of [false, true])
        for (const invertsCs of [false, true])
          best = better(best, beginning, given, { channels: { clk, cs }, samplesFalling, invertsCs });
  return best;
}

/** A line that is asserted for longer than that many times its clocks is a pulse between the frames, and no CS. */
const MAX_IDLE = 10;

/** The pulses of INT_AP_L are shorter than this, in nanoseconds, and long before the next frame. [CHIP 3] */
const MAX_PULSE = 20_000;
const READY_IDLE = 4;

interface Candidate extends Reading {
  readonly idle: number;
}

/** The best so far, or one with this clock and CS and any other channel for MOSI. */
function better(
  soFar: Candidate | undefined,
  beginning: Beginning,
  given: Wiring,
  wiring: Wiring,
): Candidate | undefined {
  const { frames, toTpm, answered, idle, busy, pulses } = headersOf(beginning, wiring);
  const isCsGiven = wiring.channels.cs === given.channels.cs && wiring.invertsCs === given.invertsCs;
  const isReadyLine = 10 * pulses > 9 * frames && READY_IDLE * idle > busy;
  if (!isCsGiven && (idle > MAX_IDLE * busy || isReadyLine)) return soFar;
  let best = soFar;
  for (const mosi of toTpm.keys()) {
    if (toTpm[mosi]! < LEAST_FRAMES || 10 * toTpm[mosi]! < 8 * frames) continue;
    const channels = withOthers(given.channels, { ...wiring.channels, mosi }, answered);
    const found = { wiring: { ...wiring, channels }, frames, toTpm: toTpm[mosi]!, idle };
    if (best === undefined || compare(found, best, given) < 0) best = found;
  }
  return best;
}

/**
 * Negative when `a` is the better one: more frames are for a TPM; CS is asserted for much less time without a clock, since
 * what is asserted at rest is another line; less differs from what is given.
 */
function compare(a: Candidate, b: Candidate, given: Wiring): number {
  if (a.toTpm !== b.toTpm) return b.toTpm - a.toTpm;
  if (2 * a.idle < b.idle) return -1;
  if (2 * b.idle < a.idle) return 1;
  return differences(a.wiring, given) - differences(b.wiring, given);
}

/** How many frames address a TPM in the given way. */
export function toTpmAsGiven(beginning: Beginning, given: Wiring): number {
  return headersOf(beginning, given).toTpm[given.channels.mosi ?? -1] ?? 0;
}

interface Headers {
  readonly frames: number;
  /** For each channel, the frames in which it addresses a TPM, and those in which it answers a header as a TPM does. */
  readonly toTpm: readonly number[];
  readonly answered: readonly number[];
  /** Ticks for which CS is asserted before the first edge of the clock that samples, and behind the last. */
  readonly idle: number;
  /** Ticks from the first of these edges to the last. */
  readonly busy: number;
  /** Frames before which CS is deasserted for as short a time as a ready pulse lasts. */
  readonly pulses: number;
}

/** Bits of a header. [CHIP 1.2] */
const HEADER_BITS = 32;

/** What every channel says at the first edges of the clock in each frame: 32 channels are looked at in one step. */
function headersOf(beginning: Beginning, wiring: Wiring): Headers {
  const { ticks, levels, count, channels } = beginning;
  const { cs = -1, clk = -1 } = wiring.channels;
  const [deselected, sampled] = [wiring.invertsCs ? 0 : 1, wiring.samplesFalling ? 0 : 1];
  const first = new Int32Array(HEADER_BITS);
  const toTpm = new Array<number>(channels).fill(0);
  const answered = new Array<number>(channels).fill(0);
  let [frames, bits, later, fall, rise, clocked, idle, busy, pulses] = [0, -1, 0, 0, -Infinity, 0, 0, 0, 0];
  let isShort = false;
  const short = MAX_PULSE / beginning.nsPerTick;
  for (let i = 1; i < Math.min(count, MAX_CHANGES); i++) {
    const now = levels[i]!;
    const changed = now ^ levels[i - 1]!;
    if (cs >= 0 && ((changed >>> cs) & 1) === 1) {
      if (((now >>> cs) & 1) !== deselected) {
        bits = 0;
        fall = ticks[i]!;
        isShort = fall - rise <= short;
      } else if (bits > 0) {
        frames++;
        if (isShort) pulses++;
        idle += ticks[i]! - clocked;
        if (bits >= HEADER_BITS) {
          countBits(toTpm, addressing(first));
          countBits(answered, later & answering(first));
        }
        bits = -1;
      } else bits = -1;
      if (bits < 0) rise = ticks[i]!;
      later = 0;
    }
    if (bits < 0 || ((changed >>> clk) & 1) === 0 || ((now >>> clk) & 1) !== sampled) continue;
    if (bits < HEADER_BITS) first[bits] = now;
    else later |= now;
    if (bits === 0) idle += ticks[i]! - fall;
    else busy += ticks[i]! - clocked;
    clocked = ticks[i]!;
    bits++;
  }
  return { frames, toTpm, answered, idle, busy, pulses };
}

/** Channels with d4 in the second byte, no reserved bit in the first, and a locality from 0 to 4 in the third. */
function addressing(at: Int32Array): number {
  const d4 = at[8]! & at[9]! & ~at[10]! & at[11]! & ~at[12]! & at[13]! & ~at[14]! & ~at[15]!;
  return d4 & ~at[1]! & ~at[16]! & (~at[17]! | (~at[18]! & ~at[19]!));
}

/** Channels that are low while a header is sent, but for its last bit. [CHIP 1.3] */
function answering(at: Int32Array): number {
  let high = 0;
  for (let bit = 0; bit < HEADER_BITS - 1; bit++) high |= at[bit]!;
  return ~high;
}

function countBits(counts: number[], bits: number): void {
  for (let channel = 0; channel < counts.length; channel++)
    if (((bits >>> channel) & 1) === 1) counts[channel]!++;
}

/**
 * The bus as found, with the other lines as given. One whose channel is taken changes places with the line that took it;
 * without such a place MISO is the channel that answers most.
 */
function withOthers(given: Channels, bus: Channels, answered: readonly number[]): Channels {
  const taken = Object.values(bus);
  const place = (net: Net): number | undefined => {
    const channel = given[net];
    if (channel === undefined || !taken.includes(channel)) return channel;
    const taker = BUS.find((other) => bus[other] === channel)!;
    return taken.includes(given[taker] ?? channel) ? undefined : given[taker];
  };
  const [ready, reset] = [place('ready'), place('reset')];
  const free = [...answered.keys()].filter((channel) => ![...taken, ready, reset].includes(channel));
  const most = free
    .filter((channel) => answered[channel]! > 0)
    .sort((a, b) => answered[b]! - answered[a]!)[0];
  const miso = place('miso') ?? most;
  return {
    ...bus,
    ...(miso !== undefined && { miso }),
    ...(ready !== undefined && { ready }),
    ...(reset !== undefined && { reset }),
  };
}

const BUS = ['cs', 'clk', 'mosi', 'miso'] as const satisfies readonly Net[];

/** In how much two ways to read the channels differ. */
const differences = (a: Wiring, b: Wiring): number =>
  Number(a.invertsCs !== b.invertsCs) +
  Number(a.samplesFalling !== b.samplesFalling) +
  BUS.filter((net) => a.channels[net] !== b.channels[net]).length;
