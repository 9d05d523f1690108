import { NETS, UNSEEN } from '../import/channels.ts';
import type { LevelSink } from '../import/spi-decoder.ts';
import type { Waves } from '../import/waves.ts';

/** Maximum number of changes that are held of a capture's beginning, which are some two thousand frames. */
const MAX_CHANGES = 400_000;
/** Maximum number of channels that can be told apart. */
const MAX_CHANNELS = 30;
/** Maximum number of samples that are read, and of changes, of other channels too. */
const MAX_SAMPLES = 1 << 28;
const MAX_CALLS = 1 << 25;

/** Ends the reading of a capture of which enough was seen. */
class Enough extends Error {}

/** The beginning of a capture, every channel of it, to be read in several ways. */
export interface Beginning {
  /** When each change was, and the level of every channel from then on: channel 0 is bit 0. */
  readonly ticks: Float64Array;
  readonly levels: Int32Array;
  readonly count: number;
  readonly channels: number;
  /** Nanoseconds of a tick. */
  readonly nsPerTick: number;
}

/** Reads the beginning of a capture. @throws CaptureError as the capture does. */
export function beginningOfWaves(waves: Waves): Beginning {
  const channels = Math.min(MAX_CHANNELS, waves.names.length);
  const groups = Array.from({ length: Math.ceil(channels / 8) }, (_, i) => 8 * i);
  const parts = groups.map((first) => readChannels(waves, first, Math.min(8, channels - first)));
  const { nsPerTick } = waves;
  return { ...(parts.length === 1 ? parts[0]! : joined(parts)), channels, nsPerTick };
}

/** How often each channel changes. */
export function edgesOf({ levels, count, channels }: Beginning): number[] {
  const edges = new Array<number>(channels).fill(0);
  for (let i = 1; i < count; i++) {
    let changed = levels[i]! ^ levels[i - 1]!;
    for (; changed !== 0; changed &= changed - 1) edges[31 - Math.clz32(changed & -changed)]!++;
  }
  return edges;
}

/** Whether nobody knows the level of a channel anywhere in a capture: it is x or z throughout. */
export function isNeverKnown(waves: Waves, channel: number): boolean {
  // The levels of INT_AP_L have a bit that says so, and those of the other lines have none.
  const bits = waves.names.map((_, i) => (i === channel ? NETS.ready : 0));
  const enough = (): never => {
    throw new Enough();
  };
  try {
    waves.tell(bits, {
      change: (levels) => ((levels & UNSEEN.ready) === 0 ? enough() : undefined),
      samples: enough,
      end: () => undefined,
    });
  } catch (error) {
    if (error instanceof Enough) return false;
    throw error;
  }
  return true;
}

type Part = Omit<Beginning, 'channels' | 'nsPerTick'>;

/** Up to eight channels at once: as many as the levels of a decoder have bits. */
function readChannels(waves: Waves, first: number, count: number): Part {
  const collected = new Collector();
  const bits = waves.names.map((_, i) => (i >= first && i < first + count ? 1 << (i - first) : 0));
  try {
    waves.tell(bits, collected);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return collected.part();
}

class Collector implements LevelSink {
  readonly #ticks = new Float64Array(MAX_CHANGES);
  readonly #levels = new Int32Array(MAX_CHANGES);
  #count = 0;
  #calls = 0;
  #last = -1;

  change(levels: number, tick: number): void {
    if (++this.#calls > MAX_CALLS) throw new Enough();
    if (levels === this.#last) return;
    if (this.#count === MAX_CHANGES) throw new Enough();
    this.#last = levels;
    this.#ticks[this.#count] = tick;
    this.#levels[this.#count++] = levels;
  }

  samples(run: Uint8Array, tick: number, table: Uint8Array): void {
    for (let i = 0; i < run.length; i++) {
      const levels = table[run[i]!]!;
      if (levels !== this.#last) this.change(levels, tick + i);
    }
    if (tick > MAX_SAMPLES) throw new Enough();
  }

  end(): void {
    // How long the last levels stand says nothing.
  }

  part(): Part {
    return { ticks: this.#ticks, levels: this.#levels, count: this.#count };
  }
}

/** Changes of several groups of channels as those of all, as far as every group was read. */
function joined(parts: readonly Part[]): Part {
  const at = parts.map(() => 0);
  const ticks = new Float64Array(MAX_CHANGES);
  const levels = new Int32Array(MAX_CHANGES);
  let count = 0;
  while (count < MAX_CHANGES) {
    const next = Math.min(...parts.map((part, i) => (at[i]! < part.count ? part.ticks[at[i]!]! : Infinity)));
    if (next === Infinity || parts.some((part, i) => at[i]! >= part.count && part.count === MAX_CHANGES))
      break;
    let all = 0;
    parts.forEach((part, i) => {
      if (at[i]! < part.count && part.ticks[at[i]!] === next) at[i]!++;
      all |= part.levels[Math.max(0, at[i]! - 1)]! << (8 * i);
    });
    ticks[count] = next;
    levels[count++] = all;
  }
  return { ticks, levels, count };
}
