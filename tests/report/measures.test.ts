import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { MeasureRow } from '../../src/report/measures.ts';
import { measureTables, noteMeasures } from '../../src/report/measures.ts';
import type { Table } from '../../src/report/tables.ts';
import { Measure } from '../../src/trace/index.ts';
import { instant } from '../../src/units/index.ts';

let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-measures-'));
});
test.afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What a measure says of one value at each whole millisecond. */
function rowOf(
  of: Pick<MeasureRow, 'name' | 'unit' | 'limit'>,
  values: readonly number[],
  most?: number,
): MeasureRow {
  const measure = new Measure();
  values.forEach((value, i) => {
    measure.add(value, instant((i + 1) * 1e6), most === undefined ? NaN : most - value);
  });
  const { count, least, margin, worstAt } = measure;
  return {
    ...{ ...of, count, least, most: measure.most, margin: Number.isNaN(margin) ? null : margin },
    ...{ worstAtMs: worstAt / 1e6, sample: measure.sample(15) },
  };
}

const width = (values: readonly number[]): MeasureRow =>
  rowOf({ name: 'pulse-width', unit: 'us', limit: 'at most 250 us' }, values, 250);
const gap = (values: readonly number[]): MeasureRow => rowOf({ name: 'gap', unit: 'ns' }, values);

function cellsOf(name: string): Record<string, string> {
  const cells: Table['rows'][number]['cells'] =
    measureTables(folder)[0]?.rows.find((row) => row.name === name)?.cells ?? {};
  return Object.fromEntries(Object.entries(cells).map(([column, { text }]) => [column, text]));
}

test('a run has one line a rule over all its tests, with the worst moment and its test', () => {
  noteMeasures(folder, 'one (a)', [width([9, 10, 11]), gap([5000])]);
  noteMeasures(folder, 'two (b)', [width([12, 200, 13, 14, 15, 16, 17]), gap([7000, 9000])]);
  expect(cellsOf('pulse-width')).toEqual({
    count: '10',
    least: '9 us',
    median: '13 us',
    most: '200 us',
    limit: 'at most 250 us',
    margin: '50 us',
    'worst at': '2.0000 ms',
    'in the test': 'two (b)',
  });
  expect(cellsOf('gap')).toMatchObject({ count: '3', median: '7 us', most: '9 us', limit: '-', margin: '-' });
  expect(measureTables(folder)[0]?.title).toContain('in the 2 tests that');
});

test('the median of many values stays near that of all of them', () => {
  noteMeasures(folder, 'long', [width(Array.from({ length: 10_000 }, (_, i) => i / 100))]);
  noteMeasures(folder, 'short', [width([99, 99, 99])]);
  expect(Number(cellsOf('pulse-width')['median']?.split(' ')[0])).toBeCloseTo(50, 0);
});

test('a value beyond its limit has a margin below zero, in the colour of what is bad', () => {
  noteMeasures(folder, 'one', [width([300, 9])]);
  expect(measureTables(folder)[0]?.rows[0]?.cells['margin']).toEqual({ text: '-50 us', tone: 'bad' });
});

test('half a line of a worker that was killed is passed over, and no file makes no table', () => {
  expect(measureTables(folder)).toEqual([]);
  noteMeasures(folder, 'one', []);
  noteMeasures(folder, 'two', [width([10])]);
  appendFileSync(join(folder, 'measures.jsonl'), '{"test":"three","rows":[{"na');
  expect(cellsOf('pulse-width')['count']).toBe('1');
});

test('without the folder of a run nothing is noted', () => {
  noteMeasures(join(folder, 'none'), 'one', [width([10])]);
  expect(measureTables(join(folder, 'none'))).toEqual([]);
});
