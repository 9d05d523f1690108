import jStat from 'jstat';
import type { MeasureRecord } from './record.ts';

/** What is told of one rule or kind of time between two runs. */
export interface MovedMeasure {
  readonly name: string;
  readonly unit: string;
  readonly limit: string | null;
  /** Medians over the tests that both runs have. */
  readonly before: number;
  readonly after: number;
  /** The change of the median test, as a share of its value before; positive: longer, or more. */
  readonly change: number;
  /** How much more it is in the unit, as the median over all pairs of tests (Hodges and Lehmann), and its 95 % interval. */
  readonly effect: number;
  readonly interval: readonly [from: number, to: number];
  /** Worst margins over all tests of each run; null without a limit. */
  readonly marginBefore: number | null;
  readonly marginAfter: number | null;
  /** Tests in both runs. */
  readonly tests: number;
  /** The probability of such a difference when nothing has changed; for all names together, by Holm. */
  readonly chance: number;
  readonly direction: 'worse' | 'better' | 'other';
}

/** What counts as moved. */
export interface MovedBounds {
  /** Smallest change of the median, as a share. */
  readonly change: number;
  /** Largest probability by chance. */
  readonly chance: number;
}

/** A twentieth, and one comparison of a hundred. */
export const USUAL_BOUNDS: MovedBounds = { change: 0.05, chance: 0.01 };

/**
 * The rules and kinds of time that differ between two runs by more than chance explains: each test is its own pair, by
 * Wilcoxon's signed ranks, and the probabilities are held together by Holm's rule. A margin that was kept and is broken
 * always counts.
 */
export function movedMeasures(
  before: readonly MeasureRecord[],
  after: readonly MeasureRecord[],
  bounds: MovedBounds = USUAL_BOUNDS,
): MovedMeasure[] {
  const earlier = new Map(before.map((one) => [one.name, one]));
  const pairs = after.flatMap((now) => {
    const then = earlier.get(now.name);
    return then === undefined || then.unit !== now.unit ? [] : [comparedOf(then, now)];
  });
  const adjusted = holm(pairs.map(({ chance }) => chance));
  return pairs
    .map((pair, at) => ({ ...pair, chance: adjusted[at]! }))
    .filter((one) => hasBroken(one) || (one.chance <= bounds.chance && Math.abs(one.change) >= bounds.change))
    .sort((a, b) => ORDER[a.direction] - ORDER[b.direction] || Math.abs(b.change) - Math.abs(a.change));
}

const ORDER = { worse: 0, better: 1, other: 2 } as const;

const hasBroken = ({ marginBefore, marginAfter }: MovedMeasure): boolean =>
  marginBefore !== null && marginAfter !== null && marginBefore >= 0 && marginAfter < 0;

function comparedOf(then: MeasureRecord, now: MeasureRecord): MovedMeasure {
  const values = Object.entries(now.medians).flatMap(([test, value]) => {
    const old = then.medians[test];
    return old === undefined ? [] : [[old, value] as const];
  });
  const [before, after] = [middle(values.map(([old]) => old)), middle(values.map(([, value]) => value))];
  const differences = values.map(([old, value]) => value - old);
  const change = before === 0 ? Math.sign(after) : middle(differences) / Math.abs(before);
  const one = {
    ...{ name: now.name, unit: now.unit, limit: now.limit, before, after, change, tests: values.length },
    ...{ marginBefore: then.margin, marginAfter: now.margin, chance: signedRanks(differences) },
    ...effectOf(differences),
  };
  return { ...one, direction: directionOf({ ...one, direction: 'other' }) };
}

/** A smaller margin is worse, and a longer time. Of a count without a limit nobody knows. */
function directionOf(one: MovedMeasure): MovedMeasure['direction'] {
  const { marginBefore, marginAfter, change, unit } = one;
  if (hasBroken(one)) return 'worse';
  if (marginBefore !== null && marginAfter !== null && marginBefore !== marginAfter)
    return marginAfter < marginBefore ? 'worse' : 'better';
  if (unit === 'count' || change === 0) return 'other';
  return marginBefore === null ? (change > 0 ? 'worse' : 'better') : 'other';
}

function middle(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Half of the means of all pairs of differences are below the effect; the interval is cut off by the ranks' normal approximation. */
function effectOf(differences: readonly number[]): Pick<MovedMeasure, 'effect' | 'interval'> {
  const means = differences.flatMap((a, at) => differences.slice(at).map((b) => (a + b) / 2));
  const sorted = means.sort((a, b) => a - b);
  const count = differences.length;
  const spread = 1.96 * Math.sqrt((count * (count + 1) * (2 * count + 1)) / 24);
  const cut = Math.max(0, Math.floor(sorted.length / 2 - spread));
  return { effect: middle(sorted), interval: [sorted[cut] ?? 0, sorted.at(-1 - cut) ?? 0] };
}

/** Up to so many pairs the probability is counted out, and above it is that of the normal distribution. */
const EXACT = 25;

/** The two-sided probability of such signed ranks when nothing has changed; pairs without a difference say nothing. */
export function signedRanks(differences: readonly number[]): number {
  const real = differences.filter((one) => one !== 0);
  if (real.length === 0) return 1;
  const { ranks, ties } = ranksOf(real.map(Math.abs));
  const sum = ranks.reduce((all, rank, at) => all + (real[at]! > 0 ? rank : 0), 0);
  const count = real.length;
  if (count <= EXACT) return exactChance(ranks, sum);
  const variance = (count * (count + 1) * (2 * count + 1)) / 24 - ties / 48;
  const distance = Math.max(0, Math.abs(sum - (count * (count + 1)) / 4) - 0.5);
  return Math.min(1, 2 * (1 - jStat.normal.cdf(distance / Math.sqrt(variance), 0, 1)));
}

/** Ranks from 1; equal values share the mean of theirs. `ties` is the sum of t^3 - t over them. */
function ranksOf(values: readonly number[]): { readonly ranks: number[]; readonly ties: number } {
  const order = values.map((_, at) => at).sort((a, b) => values[a]! - values[b]!);
  const ranks = values.map(() => 0);
  let ties = 0;
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let at = from; at < to; at++) ranks[order[at]!] = (from + 1 + to) / 2;
    ties += (to - from) ** 3 - (to - from);
  }
  return { ranks, ties };
}

/** Counts the signs that give a sum at least as far from the middle; ranks are doubled, so that halves are whole. */
function exactChance(ranks: readonly number[], sum: number): number {
  const doubled = ranks.map((rank) => Math.round(2 * rank));
  const total = doubled.reduce((all, rank) => all + rank, 0);
  let ways = new Float64Array(total + 1);
  ways[0] = 1;
  for (const rank of doubled) {
    const next = Float64Array.from(ways);
    for (let at = rank; at <= total; at++) next[at]! += ways[at - rank]!;
    ways = next;
  }
  const far = Math.abs(2 * sum - total / 2);
  const reached = ways.reduce((all, count, at) => (Math.abs(at - total / 2) >= far ? all + count : all), 0);
  return Math.min(1, reached / 2 ** ranks.length);
}

/** Each probability, so that all of them together are wrong no more often than one would be. */
export function holm(chances: readonly number[]): number[] {
  const order = chances.map((_, at) => at).sort((a, b) => chances[a]! - chances[b]!);
  const adjusted = chances.map(() => 1);
  let least = 0;
  for (const [rank, at] of order.entries()) {
    least = Math.max(least, Math.min(1, chances[at]! * (chances.length - rank)));
    adjusted[at] = least;
  }
  return adjusted;
}
