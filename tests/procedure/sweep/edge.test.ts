import { expect, test } from '@playwright/test';
import { findEdge } from '../../../src/procedure/index.ts';
import { Random } from '../../../src/sim/index.ts';

const POINTS = 100;
/** Shots of a grid that shoots ten times at each point. */
const GRID = 10 * POINTS;
/** The least number of intervals that hold the truth, of 100 seeds. */
const MIN_HELD = 95;
/** From the edge on the failure rate exceeds that at the far end by less than this. */
const BOUND = 0.1;

/** The failure rate of a point, by its distance before the edge; 0 or less lies beyond it. */
type Rate = (before: number) => number;

interface Tried {
  readonly held: number;
  readonly sharp: number;
  readonly mostShots: number;
}

const step =
  (floor: number, ceiling: number): Rate =>
  (before) =>
    before > 0 ? ceiling : floor;

/** The rate falls evenly within a band of `width` points. */
const ramp =
  (width: number, floor = 0, ceiling = 1): Rate =>
  (before) =>
    floor + (ceiling - floor) * Math.min(1, Math.max(0, before / (width + 1)));

/** The rate is `rate` within a band of `width` points. */
const plateau =
  (width: number, rate: number): Rate =>
  (before) =>
    before <= 0 ? 0 : before <= width ? rate : 1;

/** Searches 100 edges, each at another place. A point below fails in truth, and one above does not, in each that holds. */
async function tryAll(rate: Rate, lowFails = true): Promise<Tried> {
  const tried = { held: 0, sharp: 0, mostShots: 0 };
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const truth = random.integer(POINTS / 5, POINTS - POINTS / 5);
    const rateAt = (point: number): number => rate(lowFails ? truth - point : truth - (POINTS - 1 - point));
    let shots = 0;
    const edge = await findEdge(
      POINTS,
      (point) => {
        shots++;
        return Promise.resolve(random.next() < rateAt(point));
      },
      { most: GRID / 4 - 1 },
    );
    const [failing, ceased] = lowFails ? [edge.least - 1, edge.most] : [edge.most, edge.least - 1];
    const isRight = edge.isFound && edge.lowFails === lowFails;
    if (isRight && rateAt(failing) > rate(-POINTS) && rateAt(ceased) < rate(-POINTS) + BOUND) tried.held++;
    if (edge.isSharp) tried.sharp++;
    tried.mostShots = Math.max(tried.mostShots, shots);
  }
  return tried;
}

for (const lowFails of [true, false])
  test(`each of 100 edges is found to one step when ${lowFails ? 'low' : 'high'} points fail, with a sixteenth of a grid's shots`, async () => {
    const { held, sharp, mostShots } = await tryAll(step(0, 1), lowFails);
    expect(held).toBe(100);
    expect(sharp).toBe(100);
    expect(mostShots).toBeLessThan(GRID / 16);
  });

for (const [what, rate, lowFails] of [
  ['a shot is right with a chance of 90 %', step(0.1, 0.9), true],
  ['a shot is right with a chance of 90 % and high points fail', step(0.1, 0.9), false],
  ['5 % of the shots fail everywhere', step(0.05, 1), true],
  ['a shot is right with a chance of 85 %', step(0.15, 0.85), true],
  ['a point before the edge fails with a chance of 30 %', step(0, 0.3), true],
  ['a point before the edge fails with a chance of half, and each other with 2 %', step(0.02, 0.5), true],
  ['failures become rarer over 3 points', ramp(3), true],
  ['failures become rarer over 10 points', ramp(10), true],
  ['failures become rarer over 10 points and high points fail', ramp(10), false],
  ['failures become rarer over 20 points', ramp(20), true],
  ['failures become rarer over 10 points, with 10 % of wrong shots', ramp(10, 0.1, 0.9), true],
  ['one shot in five fails in the last 30 points before the edge', plateau(30, 0.2), true],
  ['half of the shots fail in the last 8 points before the edge', plateau(8, 0.5), true],
] as const)
  test(`the interval holds the truth in 95 of 100 rows where ${what}`, async () => {
    const { held, mostShots } = await tryAll(rate, lowFails);
    expect(held).toBeGreaterThanOrEqual(MIN_HELD);
    expect(mostShots).toBeLessThan(GRID / 4);
  });

test('a row without an edge is told as one, whichever outcome it has', async () => {
  for (const fails of [true, false]) {
    const edge = await findEdge(POINTS, () => Promise.resolve(fails), { most: 249 });
    expect(edge).toMatchObject({ isFound: false, isSharp: true, most: fails ? POINTS : 0 });
  }
});

test('failures that have nothing to do with the number are no edge', async () => {
  let found = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const edge = await findEdge(POINTS, () => Promise.resolve(random.next() < 0.1), { most: 249 });
    if (edge.isFound) found++;
  }
  expect(found).toBeLessThanOrEqual(100 - MIN_HELD);
});

test('the band between points that always fail and the edge is told', async () => {
  const random = new Random(3);
  const edge = await findEdge(
    POINTS,
    (point) => Promise.resolve(point < 40 || (point < 60 && random.next() < 0.5)),
    { most: 249 },
  );
  expect(edge).toMatchObject({ least: 60, most: 60, lowFails: true });
  expect(edge.always).toBeLessThan(60);
});
