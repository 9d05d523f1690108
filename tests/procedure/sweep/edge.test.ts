import { expect, test } from '@playwright/test';
import { findEdge } from '../../../src/procedure/index.ts';
import { Random } from '../../../src/sim/index.ts';

const POINTS = 100;
/** The least number of intervals that hold the truth, of 100 seeds. */
const MIN_HELD = 95;

interface Tried {
  readonly held: number;
  readonly mostShots: number;
  readonly shots: number;
}

/** Searches 100 edges, each at another place, by shots that are right with a chance. */
async function tryAll(chance: number): Promise<Tried> {
  const tried = { held: 0, mostShots: 0, shots: 0 };
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const truth = random.integer(1, POINTS - 1);
    let shots = 0;
    const edge = await findEdge(
      POINTS,
      (point) => {
        shots++;
        return Promise.resolve(point < truth === random.next() < chance);
      },
      { most: POINTS - 1 },
    );
    if (edge.lowFails && edge.least <= truth && truth <= edge.most) tried.held++;
    tried.mostShots = Math.max(tried.mostShots, shots);
    tried.shots += shots;
  }
  return tried;
}

test('each of 100 edges is found with less than a quarter of the shots of a grid', async () => {
  const { held, mostShots } = await tryAll(1);
  expect(held).toBe(100);
  expect(mostShots).toBeLessThan(POINTS / 4);
});

test('the interval holds the truth when a shot is right with a chance of 90 %', async () => {
  const { held, mostShots } = await tryAll(0.9);
  expect(held).toBeGreaterThanOrEqual(MIN_HELD);
  // A grid has four shots at each point when shots can be wrong.
  expect(mostShots).toBeLessThan(POINTS);
});

test('a row without an edge is told as one, whichever outcome it has', async () => {
  for (const fails of [true, false]) {
    const edge = await findEdge(POINTS, () => Promise.resolve(fails), { most: 30 });
    expect(edge).toEqual({ below: 0, least: 0, most: 0, lowFails: !fails, isSharp: true });
  }
});
