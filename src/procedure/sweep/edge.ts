import { Bisection } from './bisection.ts';
import { isMore, Tallies } from './tallies.ts';

/** What is known of the edge in a row of points: from there on failures cease. */
export interface Edge {
  /** The least and the most number of points below the edge, with the confidence CONFIDENCE. */
  readonly least: number;
  readonly most: number;
  /** Whether the points below the edge fail. */
  readonly lowFails: boolean;
  /** False when the ends of the row fail alike, so that no edge was seen. */
  readonly isFound: boolean;
  /** Number of points, from the end that fails, that fail as often as that end. Between them and the edge is the band. */
  readonly always: number;
  /** True when the edge is known to lie between two neighbouring points, or when there is none. */
  readonly isSharp: boolean;
}

/** The ends differ when chance alone gives such a difference less often than this: when each has one outcome, or not. */
const ENDS_CHANCE = 0.015;
const ENDS_MIXED_CHANCE = 0.001;
/** The most shots at each end: when all of them had the same outcome, and when they had not. */
const ENDS_ALIKE = 29;
const ENDS_MIXED = 80;
/** How sure the guess of the place is before its points are judged. */
const GUESSED = 0.9;
/** The most shots at one point until it is judged: this many, or this share of those that are left. */
const JUDGE_SHOTS = 60;
const JUDGE_SHARE = 0.3;
/** Shares of the shots that are kept, for what comes after the guess, and for the own point. */
const JUDGED_SHARE = 0.7;
const OWN_SHARE = 0.3;

/** One shot at a point of a row; true when it fails. */
type PointShot = (point: number) => Promise<boolean>;

/** The shots that a search may take, where the edge is expected, and what it is asked for. */
export interface SearchOptions {
  readonly most: number;
  readonly near?: Edge | undefined;
  /** A point of which it matters most on which side it lies. */
  readonly own?: number | undefined;
}

/**
 * Searches the place from which on failures cease, by shots whose outcome may be a matter of chance. The place is guessed
 * first. Then points around it are judged until one that fails and one from which on failures have ceased are neighbours,
 * or the shots are used up. It supposes that failures become rarer from point to point.
 */
export function findEdge(points: number, fails: PointShot, options: SearchOptions): Promise<Edge> {
  return new Search(points, fails, options).run();
}

class Search {
  readonly #tallies: Tallies;
  #left: number;
  #lowFails = true;
  /** The last point that is known to fail, and the first one that is known not to, counted from the end that fails. */
  #failing = 0;
  #ceased: number;
  #isFailingLast = false;
  /** Points that could not be judged. */
  readonly #unknown = new Set<number>();

  constructor(
    private readonly points: number,
    private readonly fails: PointShot,
    private readonly options: SearchOptions,
  ) {
    this.#tallies = new Tallies(points);
    this.#left = options.most;
    this.#ceased = points - 1;
  }

  async run(): Promise<Edge> {
    const { near } = this.options;
    const isKnown = near?.isFound === true;
    if (isKnown) this.#lowFails = near.lowFails;
    else if (!(await this.#findSide())) return this.#withoutEdge();
    const guess = await this.#guess(isKnown ? this.#expected(near) : undefined);
    const own = this.options.own === undefined ? undefined : this.#turned(this.options.own);
    await this.#narrow(guess, own === undefined ? 0 : this.#left * OWN_SHARE);
    if (own !== undefined && own > this.#failing && own < this.#ceased) await this.#judge(own, this.#left);
    return this.#edge();
  }

  /** Shoots at a point that is counted from the end that fails. */
  async #shoot(point: number): Promise<boolean> {
    this.#left--;
    const outcome = await this.fails(this.#turned(point));
    this.#tallies.add(point, outcome);
    return outcome;
  }

  /** The point as it is counted from the end that fails, or back. */
  #turned(point: number): number {
    return this.#lowFails ? point : this.points - 1 - point;
  }

  /** Shoots at both ends until one of them fails more often. False when none does. */
  async #findSide(): Promise<boolean> {
    const last = this.points - 1;
    for (
      let shots = 0;
      shots < (this.#tallies.isMixed ? ENDS_MIXED : ENDS_ALIKE) && this.#left > 1;
      shots++
    ) {
      await this.#shoot(0);
      await this.#shoot(last);
      const [low, high] = [this.#tallies.at(0), this.#tallies.at(last)];
      const isPure = low.count % low.of === 0 && high.count % high.of === 0;
      const chance = isPure ? ENDS_CHANCE : ENDS_MIXED_CHANCE;
      if (isMore(low, high, chance)) return true;
      if (!isMore(high, low, chance)) continue;
      this.#tallies.swap(0, last);
      this.#lowFails = false;
      return true;
    }
    return false;
  }

  #expected({ least, most }: Edge): number {
    const below = Math.round((least + most) / 2);
    return this.#lowFails ? below : this.points - below;
  }

  async #guess(near: number | undefined): Promise<number> {
    const bisection = new Bisection(this.points, near);
    const reserve = this.#left * JUDGED_SHARE;
    while (this.#left > reserve && bisection.best().weight < GUESSED) {
      const point = bisection.next();
      bisection.learn(point, await this.#shoot(point));
    }
    return bisection.best().edge;
  }

  /** Judges points around the guess, further and further away from it, until there is none left to judge. */
  async #narrow(guess: number, reserve: number): Promise<void> {
    let point: number | undefined = Math.min(Math.max(guess, 2), this.#ceased) - 1;
    for (let stride = 1; point !== undefined && this.#left > reserve; stride *= 2) {
      const most = Math.min(this.#left - reserve, Math.max(JUDGE_SHOTS, this.#left * JUDGE_SHARE));
      if (!(await this.#judge(point, most))) this.#unknown.add(point);
      point = this.#nextToJudge(stride);
    }
  }

  /** The next point above those that could not be judged, or below them: a stride away, or in the middle of what is left. */
  #nextToJudge(stride: number): number | undefined {
    const between = [...this.#unknown].filter((point) => point > this.#failing && point < this.#ceased);
    const [low, high] = [this.#failing, this.#ceased];
    const from = between.length === 0 ? (this.#isFailingLast ? low : undefined) : Math.max(...between);
    if (from !== undefined && high - from > 1) return from + Math.min(stride, Math.floor((high - from) / 2));
    const to = between.length === 0 ? high : Math.min(...between);
    return to - low > 1 ? to - Math.min(stride, Math.floor((to - low) / 2)) : undefined;
  }

  /** Shoots at a point until it is known to fail, or to be beyond the edge. False when the shots do not tell. */
  async #judge(point: number, most: number): Promise<boolean> {
    const last = this.points - 1;
    for (let left = most; ; left--) {
      if (this.#tallies.fails(point, this.#ceased)) {
        this.#failing = point;
        this.#isFailingLast = true;
        return true;
      }
      if (this.#tallies.ceases(point, this.#ceased)) {
        this.#ceased = point;
        this.#isFailingLast = false;
        return true;
      }
      if (left <= 0 || this.#left <= 0) return false;
      const here = this.#tallies.at(point);
      await this.#shoot(here.count > 0 && this.#tallies.from(this.#ceased).of <= here.of ? last : point);
    }
  }

  #edge(): Edge {
    const [least, most] = [this.#failing + 1, this.#ceased];
    return {
      ...(this.#lowFails ? { least, most } : { least: this.points - most, most: this.points - least }),
      lowFails: this.#lowFails,
      isFound: true,
      always: this.#tallies.always(most),
      isSharp: least === most,
    };
  }

  /** A row that mostly fails is one whose edge lies above its last point. */
  #withoutEdge(): Edge {
    const { count, of } = this.#tallies.from(0);
    const below = count > of / 2 ? this.points : 0;
    return { least: below, most: below, lowFails: true, isFound: false, always: below, isSharp: true };
  }
}
