/** Chances that a shot before the edge passes, and that a shot beyond it fails. */
const PASSES_BEFORE = [0.002, 0.1, 0.3, 0.6];
const FAILS_BEYOND = [0.002, 0.03, 0.1, 0.2];
/** How likely a far place is in relation to the expected one, and how fast that falls with each point of distance. */
const ANYWHERE = 0.01;
const FALL = 0.6;

interface Guess {
  /** Number of points before the edge. */
  readonly edge: number;
  readonly before: number;
  readonly beyond: number;
  weight: number;
}

/**
 * Guesses the place of an edge from shots whose outcome may be wrong, as if the failure rate had one step. It keeps the
 * probability of each place and of the failure rate on either side; each shot goes to the point that halves what is left.
 * Bisection with noise, after Horstein (1963).
 */
export class Bisection {
  readonly #guesses: Guess[] = [];

  /** The edge is expected near `near`, or anywhere between the first and the last of `points` points. */
  constructor(
    private readonly points: number,
    near?: number,
  ) {
    for (let edge = 1; edge < points; edge++)
      for (const passes of PASSES_BEFORE)
        for (const fails of FAILS_BEYOND) {
          const weight = near === undefined ? 1 : ANYWHERE + FALL ** Math.abs(edge - near);
          this.#guesses.push({ edge, before: 1 - passes, beyond: fails, weight });
        }
    this.#normalise();
  }

  learn(point: number, fails: boolean): void {
    for (const guess of this.#guesses) {
      const chance = point < guess.edge ? guess.before : guess.beyond;
      guess.weight *= fails ? chance : 1 - chance;
    }
    this.#normalise();
  }

  #normalise(): void {
    const sum = this.#guesses.reduce((total, { weight }) => total + weight, 0);
    for (const guess of this.#guesses) guess.weight /= sum;
  }

  /** The point at which the next shot halves what is left. */
  next(): number {
    let sum = 0;
    let best = { point: 0, from: Infinity };
    for (const [edge, weight] of this.#places().slice(0, -1).entries()) {
      sum += weight;
      const from = Math.abs(sum - 0.5);
      if (from < best.from) best = { point: edge, from };
    }
    return best.point;
  }

  /** The likeliest place, and how likely it is. */
  best(): { readonly edge: number; readonly weight: number } {
    const places = this.#places();
    const weight = Math.max(...places);
    return { edge: places.indexOf(weight), weight };
  }

  #places(): number[] {
    const places = new Array<number>(this.points + 1).fill(0);
    for (const { edge, weight } of this.#guesses) places[edge]! += weight;
    return places;
  }
}
