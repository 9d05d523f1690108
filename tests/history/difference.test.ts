import { expect, test } from '@playwright/test';
import { holm, movedMeasures, signedRanks } from '../../src/history/difference.ts';
import { Random } from '../../src/sim/index.ts';
import { madeMeasure } from '../../bench/made-runs.ts';

test("Wilcoxon's signed ranks are those of the published tables", () => {
  // Eight pairs, all in one direction: 2 / 2^8. The table's 5 % bound of ten pairs is a sum of 8.
  expect(signedRanks([1, 2, 3, 4, 5, 6, 7, 8])).toBeCloseTo(2 / 256, 12);
  expect(signedRanks([-1, -2, -5, 3, 4, 6, 7, 8, 9, 10])).toBeCloseTo(0.048828125, 9);
  expect(signedRanks([-1, -2, -6, 3, 4, 5, 7, 8, 9, 10])).toBeCloseTo(0.064453125, 9);
  expect(signedRanks([])).toBe(1);
  expect(signedRanks([0, 0, 0])).toBe(1);
});

test('above 25 pairs the normal distribution is near what is counted out', () => {
  const values = Array.from({ length: 26 }, (_, at) => (at < 25 && at % 3 === 0 ? -1 : 1) * (at + 1));
  // All signs of 26 ranks, counted by another program.
  expect(Math.abs(signedRanks(values) - 0.142716)).toBeLessThan(0.002);
});

test("Holm's rule multiplies the least by their number, and keeps the order", () => {
  expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  expect(holm([])).toEqual([]);
});

test('of 2,000 pairs of runs in which nothing changed, at most 1 in 100 is told of', () => {
  const random = new Random(5);
  const names = ['a', 'b', 'c', 'd', 'e'];
  const values = (): number[] =>
    Array.from({ length: 20 }, (_, at) => 50 + 10 * at * 0.1 + 30 * random.next());
  const run = () => names.map((name) => madeMeasure(name, values()));
  let told = 0;
  for (let at = 0; at < 2000; at++) if (movedMeasures(run(), run()).length > 0) told++;
  expect(told).toBeLessThanOrEqual(33);
});

test('a time that became a fifth longer is told as worse, and as better the other way round', () => {
  const random = new Random(6);
  const values = Array.from({ length: 30 }, () => 50 + 30 * random.next());
  const [old, now] = [
    [madeMeasure('gap', values)],
    [
      madeMeasure(
        'gap',
        values.map((one) => 1.2 * one + random.next()),
      ),
    ],
  ];
  expect(movedMeasures(old, now)).toMatchObject([{ name: 'gap', direction: 'worse', tests: 30 }]);
  expect(movedMeasures(now, old)).toMatchObject([{ direction: 'better' }]);
  expect(movedMeasures(old, now, { change: 0.5, chance: 0.01 })).toEqual([]);
});

test('a limit that was kept and is broken is told whatever the medians say', () => {
  const [old, now] = [[madeMeasure('late', [1, 1], 2)], [madeMeasure('late', [1, 1], -1)]];
  expect(movedMeasures(old, now)).toMatchObject([{ direction: 'worse', marginBefore: 2, marginAfter: -1 }]);
});

test('tests that only one of the runs has say nothing', () => {
  const measure = madeMeasure('gap', [1, 2, 3, 4, 5, 6, 7, 8]);
  const others = Object.fromEntries(
    Object.entries(measure.medians).map(([name, value]) => [`x${name}`, 9 * value]),
  );
  expect(movedMeasures([measure], [{ ...measure, medians: others }])).toEqual([]);
});
