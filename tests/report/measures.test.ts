import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { measureTables, noteMeasures } from '../../src/report/measures.ts';
import type { Table } from '../../src/report/tables.ts';
import type { Measured, RuleReport } from '../../src/trace/index.ts';
import { Measure } from '../../src/trace/index.ts';
import { instant } from '../../src/units/index.ts';

let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-measures-'));
});
test.afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** One value of a rule's measure at each whole millisecond. */
function measured(values: readonly number[], most = Infinity): Measure {
  const measure = new Measure();
  values.forEach((value, i) => {
    measure.add(value, instant((i + 1) * 1e6), most === Infinity ? NaN : most - value);
  });
  return measure;
}

function note(test: string, widths: readonly number[], gaps: readonly number[]): void {
  const counts = new Map([
    ['pulse-width', { occasions: 1, violations: 0, unseen: 0, measure: measured(widths, 250) }],
  ]);
  const kinds = new Map<Measured, Measure>([['gap', measured(gaps)]]);
  noteMeasures(folder, test, { violations: [], refusals: [], counts } as unknown as RuleReport, kinds);
}

const cellsOf = (table: number, row: string): Record<string, string> => {
  const cells: Table['rows'][number]['cells'] =
    measureTables(folder)[table]?.rows.find(({ name }) => name === row)?.cells ?? {};
  return Object.fromEntries(Object.entries(cells).map(([column, { text }]) => [column, text]));
};

test('a run has one line a rule over all its tests, with the worst moment and its test', () => {
  note('one (a)', [9, 10, 11], [5000]);
  note('two (b)', [12, 200, 13, 14, 15, 16, 17], [7000, 9000]);
  expect(cellsOf(0, 'pulse-width')).toEqual({
    count: '10',
    least: '9 us',
    median: '13 us',
    most: '200 us',
    limit: expect.stringContaining('us'),
    margin: '50 us',
    'worst at': '2.0000 ms',
    'in the test': 'two (b)',
  });
  expect(cellsOf(1, 'gap')).toMatchObject({
    count: '3',
    median: '7 us',
    most: '9 us',
    limit: '-',
    margin: '-',
  });
  expect(measureTables(folder)[0]?.title).toContain('in the 2 tests that');
});

test('the median of many values stays near that of all of them', () => {
  note(
    'long',
    Array.from({ length: 10_000 }, (_, i) => i / 100),
    [1],
  );
  note('short', [99, 99, 99], [1]);
  expect(Number(cellsOf(0, 'pulse-width')['median']?.split(' ')[0])).toBeCloseTo(50, 0);
});

test('half a line of a worker that was killed is passed over, and no file makes no table', () => {
  expect(measureTables(folder)).toEqual([]);
  note('one', [9], []);
  note('two', [10], [1000]);
  appendFileSync(join(folder, 'measures.jsonl'), '{"test":"three","rules":{"pul');
  expect(cellsOf(0, 'pulse-width')['count']).toBe('1');
});
