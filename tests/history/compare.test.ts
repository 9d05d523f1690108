import { expect, test } from '@playwright/test';
import type { Outcome, RunRecord } from '../../src/history/index.ts';
import { compareRuns } from '../../src/history/index.ts';
import { madeMeasure, madeResult, madeRun, madeTests } from '../../bench/made-runs.ts';

const [TEST, OTHER] = [madeTests(4)[0]!, madeTests(4)[3]!];
const run = (outcome: Outcome, given: Partial<RunRecord> = {}): RunRecord =>
  madeRun('run', [madeResult(TEST, outcome), madeResult(OTHER, 'pass')], given);

test('two equal runs differ in nothing', () => {
  expect(compareRuns(run('pass'), run('pass'))).toMatchObject({
    ...{ facts: [], tests: [], cells: [], measures: [], same: 2, isWorse: false, hasLost: false },
  });
});

/** Outcome before and after, and what is made of it. */
const CHANGES: readonly (readonly [Outcome, Outcome, string])[] = [
  ['pass', 'fail', 'worse'],
  ['skipped', 'fail', 'worse'],
  ['fail', 'pass', 'better'],
  ['pass', 'no verdict', 'lost'],
  ['pass', 'inconclusive', 'lost'],
  ['pass', 'skipped', 'lost'],
  ['pass', 'not run', 'lost'],
  ['fail', 'no verdict', 'lost'],
  ['no verdict', 'pass', 'other'],
  ['skipped', 'not run', 'other'],
];
for (const [before, after, direction] of CHANGES)
  test(`${before} and then ${after} is ${direction}`, () => {
    const comparison = compareRuns(run(before), run(after));
    expect(comparison).toMatchObject({ tests: [{ before, after, direction }], same: 1 });
    expect([comparison.isWorse, comparison.hasLost]).toEqual([direction === 'worse', direction === 'lost']);
  });

test('a test that is not there any more is lost, and a new one is none of the sort', () => {
  const one = madeRun('one', [madeResult(OTHER, 'pass')]);
  expect(compareRuns(run('pass'), one)).toMatchObject({
    tests: [{ after: 'not there', direction: 'lost' }],
    hasLost: true,
  });
  expect(compareRuns(one, run('pass'))).toMatchObject({ tests: [{ direction: 'other' }], hasLost: false });
});

test('a test that fails in another way has got worse', () => {
  const other = madeRun('other', [
    madeResult(TEST, 'fail', { failure: { because: 'something else' } }),
    madeResult(OTHER, 'pass'),
  ]);
  expect(compareRuns(run('fail'), other)).toMatchObject({
    tests: [{ before: 'fail', after: 'fail', direction: 'worse' }],
  });
  expect(compareRuns(run('fail'), run('fail')).tests).toEqual([]);
});

test('cells: a worse colour is worse, a missing cell is lost, another text alone is told', () => {
  const cell = (text: string, tone: string | null, row = 'a') => ({
    table: 'T',
    row,
    profile: 'p',
    text,
    tone,
  });
  const compared = (before: RunRecord['cells'], after: RunRecord['cells']) =>
    compareRuns(run('pass', { cells: before }), run('pass', { cells: after })).cells.map(
      ({ direction }) => direction,
    );
  expect(compared([cell('absent', 'good')], [cell('shown', 'bad')])).toEqual(['worse']);
  expect(compared([cell('shown', 'bad')], [cell('absent', 'good')])).toEqual(['better']);
  expect(compared([cell('1', null)], [cell('2', null)])).toEqual(['other']);
  expect(compared([cell('1', null)], [])).toEqual(['lost']);
});

test('facts that differ are named, and a slower chip is worse', () => {
  const slow = Array.from({ length: 20 }, (_, at) => 100 + at);
  const before = run('pass', {
    measures: [
      madeMeasure(
        'gap',
        slow.map((one) => one / 2),
      ),
    ],
  });
  const after = run('pass', { commit: 'fed9876', seed: 8, measures: [madeMeasure('gap', slow)] });
  const { facts, measures, isWorse } = compareRuns(before, after);
  expect(facts.map(({ name }) => name)).toEqual(['commit', 'seed']);
  expect(measures).toMatchObject([{ name: 'gap', direction: 'worse' }]);
  expect(isWorse).toBe(true);
});
