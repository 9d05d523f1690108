import { expect, test } from '@playwright/test';
import type { Collected } from '../../src/evidence/index.ts';
import { changesOf } from '../../src/evidence/index.ts';
import type { RunRecord } from '../../src/history/index.ts';
import { madeRun } from './made.ts';

const RULES = new Map([['pulse-width', '[CHIP 3] [CHIP 4.6]']]);
const LABORATORY = 'INT_AP_L: what each driver makes of each behaviour';

interface Seen {
  /** Medians of the width of pulses in each test, in us. */
  readonly widths?: readonly number[];
  readonly latencies?: readonly number[];
  readonly cell?: string;
}

/** A run as far as a comparison looks at it. */
function seen({ widths = [], latencies = [], cell = 'used, 7.2 ms' }: Seen): Collected {
  const run = madeRun('sim');
  const measure = (name: string, unit: string, limit: string | null, values: readonly number[]) => ({
    ...{ name, unit, limit, count: values.length, least: Math.min(...values), median: values[0] ?? 0 },
    ...{
      most: Math.max(...values),
      worstIn: 'a',
      medians: Object.fromEntries(values.map((one, at) => [`t${at}`, one])),
    },
    margin: limit === null ? null : Math.min(...values.map((one) => Math.min(one - 4, 16 - one))),
  });
  const record = {
    results: [],
    cells: [{ table: LABORATORY, row: '5 ms late', profile: 'linux-6.1', text: cell, tone: null }],
    measures: [
      ...(widths.length === 0 ? [] : [measure('pulse-width', 'us', '4 to 16 or 100 to 250 us', widths)]),
      ...(latencies.length === 0 ? [] : [measure('command latency', 'ns', null, latencies)]),
    ],
    ...{ profiles: [], versions: {}, rigHash: '', fingerprint: null },
  } as unknown as RunRecord;
  const cells = [{ table: LABORATORY, row: '5 ms late', text: cell }];
  const journal = [{ kind: 'test', test: 2, outcome: 'passed', ms: 1, cells, breaches: [] } as const];
  return { run, record, journal, files: new Map() };
}

const spread = (from: number, scale: number): number[] =>
  Array.from({ length: 30 }, (_, at) => from + scale * ((at * 7) % 30));

for (const [what, by] of [
  ['narrower', -1],
  ['wider', 1],
] as const)
  test(`pulses that are 1 us ${what} are worse, with that number, its interval and the clauses`, () => {
    const widths = spread(7.9, 0.1);
    const [change, ...more] = changesOf(
      seen({ widths }),
      seen({ widths: widths.map((one) => one + by) }),
      RULES,
    );
    expect(more).toEqual([]);
    expect(change).toMatchObject({ direction: 'worse', clauses: ['CHIP 3', 'CHIP 4.6'] });
    expect(change!.name).toContain(`pulse-width: ${by > 0 ? '+' : ''}${by} us (95 %: ${by} to ${by})`);
  });

test('the same widths in another order of tests, and latencies with their chance, are no change', () => {
  const before = { widths: spread(7.9, 0.1), latencies: spread(2_400_000, 1000) };
  const after = { widths: before.widths.toReversed(), latencies: before.latencies.toReversed() };
  expect(changesOf(seen(before), seen(before), RULES)).toEqual([]);
  expect(changesOf(seen(before), seen(after), RULES)).toEqual([]);
});

test('commands that take longer are worse, and shorter ones are better', () => {
  const before = { latencies: spread(2_400_000, 1000) };
  const scaled = (by: number) => seen({ latencies: before.latencies.map((one) => one * by) });
  expect(changesOf(seen(before), scaled(1.2), RULES)).toMatchObject([
    { direction: 'worse', clauses: ['CHIP 8'] },
  ]);
  expect(changesOf(seen(before), scaled(0.8), RULES)).toMatchObject([{ direction: 'better' }]);
});

for (const [before, after, isTold] of [
  ['failed', 'used, 129.8 ms', true],
  ['used, 129.8 ms', 'fell back, 129.8 ms', true],
  ['used, 7.2 ms', 'used, 7.6 ms', false],
  ['used, 7.2 ms', 'used, 71.0 ms', true],
  ['0x57f', '0x580', true],
  ['12 commands', '13 commands', true],
] as const)
  test(`a cell that was "${before}" and is "${after}" is ${isTold ? 'a change, with what its test cites' : 'no change'}`, () => {
    const changes = changesOf(seen({ cell: before }), seen({ cell: after }), RULES);
    expect(changes).toMatchObject(
      isTold ? [{ name: `${LABORATORY}: 5 ms late, linux-6.1`, before, after, clauses: ['DRIVER 1.5'] }] : [],
    );
  });
