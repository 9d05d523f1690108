import type { Duration, Instant } from '../units/index.ts';
import { between, showDuration } from '../units/index.ts';
import { TraceDecoder } from './decode/decoder.ts';
import type { TraceSource } from './source.ts';

/**
 * Number of values of one kind that are kept for the median. When there are more, every second one is kept, then
 * every fourth, and so on.
 */
const KEPT = 1 << 14;

/** What was measured of one kind of time or number: memory does not grow with the trace. */
export class Measure {
  count = 0;
  least = Infinity;
  most = -Infinity;
  /** When the value nearest to the limit, or beyond it, was seen; without a limit the largest one. */
  worstAt = NaN as Instant;
  /** How far the worst value stays from the limit, negative beyond it; NaN without a limit. */
  margin = NaN;
  #worst = Infinity;
  #kept: number[] = [];
  #stride = 1;

  /** Takes a value; `margin` is its distance from the limit, when there is one. */
  add(value: number, at: Instant, margin = NaN): void {
    const rank = Number.isNaN(margin) ? -value : margin;
    if (rank < this.#worst) {
      this.#worst = rank;
      this.worstAt = at;
      this.margin = margin;
    }
    if (value < this.least) this.least = value;
    if (value > this.most) this.most = value;
    if (this.count++ % this.#stride === 0) this.#keep(value);
  }

  /** The median of the values kept, which are all of them up to 16,384. */
  get median(): number {
    const sorted = this.#kept.toSorted((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }

  /** At most `most` of the kept values, in rising order and evenly spread among them: the middle one is the median. */
  sample(most: number): readonly number[] {
    const sorted = this.#kept.toSorted((a, b) => a - b);
    if (sorted.length <= most) return sorted;
    return Array.from(
      { length: most },
      (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (most - 1))]!,
    );
  }

  #keep(value: number): void {
    this.#kept.push(value);
    if (this.#kept.length < KEPT) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }
}

/** Kinds of times and numbers that are measured whether or not a rule limits them. */
export const MEASURED = [
  'pulse delay',
  'pulse width',
  'wait bytes',
  'frame',
  'gap',
  'wake pulse',
  'wake settle',
  'command latency',
] as const;
export type Measured = (typeof MEASURED)[number];

/** `12.5 us`, or the bare number of what is counted. */
export const showMeasured = (kind: Measured, value: number): string =>
  kind === 'wait bytes' ? String(value) : showDuration(value as Duration);

/** Measures a trace while it passes: a sink that is asked at the end. */
export class TraceMeasures extends TraceDecoder {
  readonly kinds: ReadonlyMap<Measured, Measure>;

  constructor() {
    const kinds = new Map(MEASURED.map((kind) => [kind, new Measure()] as const));
    const add = (kind: Measured, value: number, at: Instant): void => {
      if (!Number.isNaN(value)) kinds.get(kind)!.add(value, at);
    };
    let lastRise = NaN as Instant;
    let wokenAt = NaN as Instant;
    super({
      access: (access) => {
        const { fall, rise } = access;
        if (!Number.isNaN(wokenAt)) add('wake settle', between(wokenAt, fall), fall);
        else add('gap', between(lastRise, fall), fall);
        if (access.pulses > 0) {
          add('pulse delay', access.pulseDelay, access.pulseFrom);
          add('pulse width', access.pulseWidth, access.pulseFrom);
        }
        if (access.isWhole) add('wait bytes', access.waitBytes, fall);
        add('frame', between(fall, rise), fall);
        lastRise = rise;
        wokenAt = NaN as Instant;
      },
      select: (fall, rise) => {
        add('wake pulse', between(fall, rise), fall);
        wokenAt = rise;
      },
      command: (exchange) => {
        add('command latency', exchange.latency, exchange.available);
      },
      reset: () => {
        lastRise = wokenAt = NaN as Instant;
      },
    });
    this.kinds = kinds;
  }
}

/** Everything that can be measured of a whole trace; kinds that never happened have a count of 0. */
export function measureTrace(source: TraceSource): ReadonlyMap<Measured, Measure> {
  const measures = new TraceMeasures();
  source.replay(measures);
  measures.end();
  return measures.kinds;
}
