/** What is known of an edge between two sides of a row of points. */
export interface Edge {
  /** Number of points below the edge, most likely. It is 0, or the number of points, when no edge was seen. */
  readonly below: number;
  /** The least and the most number of points below the edge, with the certainty CERTAINTY. */
  readonly least: number;
  readonly most: number;
  /** Whether the points below the edge fail. */
  readonly lowFails: boolean;
  /** True when the edge is known to lie between two neighbouring points. */
  readonly isSharp: boolean;
}

/** How sure the interval of an edge is. */
export const CERTAINTY = 0.99;
/** Chances that one shot on one side shows the other side's outcome. */
const CHANCES = [0.002, 0.03, 0.1, 0.2];
/** How likely a far place is in relation to the expected one, and how fast that falls with each point of distance. */
const ANYWHERE = 0.01;
const FALL = 0.6;
/** By how many shots one outcome has to lead at an end of the row, and the most shots until then. */
const LEAD = 3;
const MAX_END_SHOTS = 15;

interface Guess {
  readonly below: number;
  /** The chance of a failure below the edge and above it. */
  readonly failsBelow: number;
  readonly failsAbove: number;
  weight: number;
}

/**
 * Narrows the place of an edge by shots whose outcome may be wrong. It keeps the probability of each place and of the
 * chance of a wrong outcome on either side. Each shot goes to the point that halves what is left. Bisection with noise,
 * after Horstein (1963).
 */
class EdgeSearch {
  readonly #guesses: Guess[] = [];

  constructor(
    private readonly points: number,
    private readonly lowFails: boolean,
    prior: (below: number) => number,
  ) {
    for (let below = 0; below <= points; below++)
      for (const low of CHANCES)
        for (const high of CHANCES)
          this.#guesses.push({
            below,
            failsBelow: lowFails ? 1 - low : low,
            failsAbove: lowFails ? high : 1 - high,
            weight: prior(below),
          });
    this.#normalise();
  }

  /** Takes in the outcome of one shot at a point. */
  learn(point: number, fails: boolean): void {
    for (const guess of this.#guesses) {
      const chance = point < guess.below ? guess.failsBelow : guess.failsAbove;
      guess.weight *= fails ? chance : 1 - chance;
    }
    this.#normalise();
  }

  #normalise(): void {
    const sum = this.#guesses.reduce((total, { weight }) => total + weight, 0);
    for (const guess of this.#guesses) guess.weight /= sum;
  }

  /** The point at which the next shot tells most. */
  next(): number {
    let sum = 0;
    let best = { point: 0, from: Infinity };
    for (const [below, weight] of this.#places().slice(0, -1).entries()) {
      sum += weight;
      const from = Math.abs(sum - 0.5);
      if (from < best.from) best = { point: below, from };
    }
    return best.point;
  }

  /** What the shots until now say. */
  edge(): Edge {
    const places = this.#places();
    const below = places.indexOf(Math.max(...places));
    let [least, most, sum] = [below, below, places[below]!];
    while (sum < CERTAINTY && (least > 0 || most < this.points)) {
      const [down, up] = [places[least - 1] ?? -1, places[most + 1] ?? -1];
      sum += Math.max(down, up);
      if (down >= up) least--;
      else most++;
    }
    return { below, least, most, lowFails: this.lowFails, isSharp: least === most };
  }

  #places(): number[] {
    const places = new Array<number>(this.points + 1).fill(0);
    for (const { below, weight } of this.#guesses) places[below]! += weight;
    return places;
  }
}

/** Where an edge is expected, and which side of it fails. */
type Expected = Pick<Edge, 'below' | 'lowFails'>;

/** One shot at a point of a row. */
type PointShot = (point: number) => Promise<boolean>;

/** The shots that a search may take, and where the edge is expected. */
export interface SearchOptions {
  readonly most: number;
  readonly near?: Expected;
}

/**
 * Searches the edge in a row of points. It stops when the edge lies between two neighbours, or when the shots are used
 * up. Without an expected place both ends are shot first: when they have the same outcome there is no edge to search.
 */
export async function findEdge(
  points: number,
  fails: PointShot,
  { most, near }: SearchOptions,
): Promise<Edge> {
  let left = most;
  const counted: PointShot = (point) => {
    left--;
    return fails(point);
  };
  const lowFails = near?.lowFails ?? (await settled(0, counted));
  if (near === undefined && lowFails === (await settled(points - 1, counted)))
    return { below: 0, least: 0, most: 0, lowFails: !lowFails, isSharp: true };
  const search = new EdgeSearch(points, lowFails, near === undefined ? between(points) : around(near.below));
  while (left > 0 && !(most - left >= 2 && search.edge().isSharp)) {
    const point = search.next();
    search.learn(point, await counted(point));
  }
  return search.edge();
}

/** Shoots one point until one outcome leads by LEAD, and answers it. */
async function settled(point: number, fails: PointShot): Promise<boolean> {
  let lead = 0;
  for (let shots = 0; shots < MAX_END_SHOTS && Math.abs(lead) < LEAD; shots++)
    lead += (await fails(point)) ? 1 : -1;
  return lead > 0;
}

/** The edge lies between the two ends, anywhere. */
const between =
  (points: number) =>
  (below: number): number =>
    below > 0 && below < points ? 1 : 0;

/** The edge most likely lies close to a place. */
const around =
  (expected: number) =>
  (below: number): number =>
    ANYWHERE + FALL ** Math.abs(below - expected);
