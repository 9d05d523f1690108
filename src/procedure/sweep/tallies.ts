import jStat from 'jstat';
import type { Rate } from '../../report/rates.ts';
import { chanceOfDifference } from '../../report/rates.ts';

/** From the edge on, the failure rate exceeds the one far beyond it by less than this. */
export const BOUND = 0.1;
/** How sure it is that the rate stays below the bound. */
export const CONFIDENCE = 0.95;
/** Two rates differ when chance alone gives such a difference less often than this. */
const CHANCE = 0.0025;
/** The same for the points of the band and those before it. */
const BAND_CHANCE = 0.01;
/** A point is looked at after each shot, which gives chance more than one look. So the first look allows less, later ones still less. */
const LOOK = (1 - CONFIDENCE) / 2;
/** Number of steps in which the rate far beyond the edge is tried. */
const STEPS = 40;

/** The shots at each point of a row, from the end that fails, and how many of them failed. */
export class Tallies {
  readonly #shots: { count: number; of: number }[];

  constructor(points: number) {
    this.#shots = Array.from({ length: points }, () => ({ count: 0, of: 0 }));
  }

  add(point: number, fails: boolean): void {
    const shots = this.#shots[point]!;
    shots.of++;
    if (fails) shots.count++;
  }

  swap(one: number, other: number): void {
    [this.#shots[one], this.#shots[other]] = [this.#shots[other]!, this.#shots[one]!];
  }

  at(point: number): Rate {
    return this.#shots[point]!;
  }

  /** All shots from a point on. */
  from = (point: number): Rate => sumOf(this.#shots.slice(point));

  /** Whether some shots failed and others passed. */
  get isMixed(): boolean {
    const { count, of } = this.from(0);
    return count > 0 && count < of;
  }

  /** Whether a point fails more often than all beyond it, or those from `far` on, where failures have ceased. */
  fails(point: number, far: number): boolean {
    return [point + 1, far].some((from) => isMore(this.at(point), this.from(from), CHANCE));
  }

  /** Whether the rate of a point is known to stay within the bound. Failures have ceased from the point `far` on. */
  ceases(point: number, far: number): boolean {
    const here = this.at(point);
    return chanceBeyond(here, this.from(far)) < LOOK / Math.sqrt(here.count + 1);
  }

  /**
   * Number of points, from the failing end to the last one with shots, that fail as often as that end does: up to the
   * first ones behind which failures are rarer.
   */
  always(edge: number): number {
    const shot = this.#shots.flatMap(({ of }, point) => (of > 0 && point < edge ? [point] : []));
    const sum = (from: number, to: number): Rate =>
      sumOf(shot.slice(from, to).map((point) => this.at(point)));
    for (let end = 2; end <= shot.length; end++)
      for (let at = end - 1; at > 0; at--)
        if (isMore(sum(0, at), sum(at, end), BAND_CHANCE)) return shot[at - 1]! + 1;
    return (shot.at(-1) ?? 0) + 1;
  }
}

const sumOf = (shots: readonly Rate[]): Rate =>
  shots.reduce((sum, { count, of }) => ({ count: sum.count + count, of: sum.of + of }), { count: 0, of: 0 });

/** Whether one rate is higher than another, and chance alone gives that less often than `chance`. */
export const isMore = (one: Rate, other: Rate, chance: number): boolean =>
  one.count * other.of > other.count * one.of && chanceOfDifference(one, other) <= chance;

/** How likely shots such as these are, when the rate exceeds the one beyond by the bound or more. */
function chanceBeyond({ count, of }: Rate, beyond: Rate): number {
  const floors =
    beyond.count === 0
      ? [0]
      : Array.from({ length: STEPS }, (_, step) => quantile(beyond, (step + 0.5) / STEPS));
  const chances = floors.map((floor) =>
    floor + BOUND >= 1 || count === of ? 1 : 1 - jStat.beta.cdf(floor + BOUND, count + 1, of - count),
  );
  return chances.reduce((sum, chance) => sum + chance, 0) / floors.length;
}

const quantile = ({ count, of }: Rate, share: number): number =>
  jStat.beta.inv(share, count + 0.5, of - count + 0.5);
