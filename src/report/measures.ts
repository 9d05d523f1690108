import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ns, showDuration } from '../units/index.ts';
import type { Table } from './tables.ts';

/**
 * What the traces of a run's tests measured. Each worker notes a test as a line in a file of the run's folder: as
 * annotations the numbers would be the larger part of the report.
 */
const FILE = 'measures.jsonl';

/** What was measured of one rule or kind of time in one test. */
export interface MeasureRow {
  readonly name: string;
  readonly unit: 'us' | 'ms' | 'ns' | 'count';
  /** As text; absent where nothing is limited. */
  readonly limit?: string;
  readonly count: number;
  readonly least: number;
  readonly most: number;
  /** How far the worst value stays from the limit, negative beyond it; null without a limit. */
  readonly margin: number | null;
  /** When the worst value was seen, in ms on the clock of the test's trace. */
  readonly worstAtMs: number;
  /** Values that stand for all of them, evenly spread among them, for the median of the run. */
  readonly sample: readonly number[];
}

interface TestMeasures {
  /** Names the test and its driver. */
  readonly test: string;
  readonly rows: readonly MeasureRow[];
}

/**
 * To be called by the worker when a test has ended. On a full disk the line is lost: then the test is not harmed, and
 * the reason is returned.
 */
export function noteMeasures(folder: string, test: string, rows: readonly MeasureRow[]): string | undefined {
  // Without `h1-hil run` there is no folder. A test without traffic has nothing to tell.
  if (!existsSync(folder) || rows.length === 0) return undefined;
  try {
    appendFileSync(join(folder, FILE), `${JSON.stringify({ test, rows } satisfies TestMeasures)}\n`);
    return undefined;
  } catch (failure) {
    return String(failure);
  }
}

/** The lines that are whole: a worker that was killed leaves half of one. */
function readMeasures(folder: string): readonly TestMeasures[] {
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as TestMeasures];
      } catch {
        return [];
      }
    });
}

/** One rule or kind of time over all tests. */
export interface Merged {
  count: number;
  least: number;
  most: number;
  worst: MeasureRow;
  worstIn: string;
  /** Values, and how many each of them stands for. */
  readonly weighted: (readonly [value: number, weight: number])[];
  /** The median of each test. */
  readonly medians: Map<string, number>;
}

/** How close to its limit, or beyond it; without a limit the largest value counts. */
const rank = ({ margin, most }: MeasureRow): number => margin ?? -most;

function merge(tests: readonly TestMeasures[]): ReadonlyMap<string, Merged> {
  const all = new Map<string, Merged>();
  for (const { test, rows } of tests)
    for (const row of rows) {
      const merged: Merged = all.get(row.name) ?? {
        ...{ count: 0, least: Infinity, most: -Infinity },
        ...{ worst: row, worstIn: test, weighted: [], medians: new Map<string, number>() },
      };
      all.set(row.name, merged);
      merged.count += row.count;
      merged.least = Math.min(merged.least, row.least);
      merged.most = Math.max(merged.most, row.most);
      if (rank(row) < rank(merged.worst)) Object.assign(merged, { worst: row, worstIn: test });
      if (row.sample.length > 0) merged.medians.set(test, row.sample[row.sample.length >> 1]!);
      for (const value of row.sample) merged.weighted.push([value, row.count / row.sample.length]);
    }
  return all;
}

/** What the tests of a run measured, by the rule or kind of time; empty when nothing was measured. */
export const measuresOf = (folder: string): ReadonlyMap<string, Merged> => merge(readMeasures(folder));

/** The value with half of the weight on either side. */
export function medianOf(weighted: Merged['weighted']): number {
  const sorted = weighted.toSorted(([a], [b]) => a - b);
  const half = sorted.reduce((sum, [, weight]) => sum + weight, 0) / 2;
  let sum = 0;
  return sorted.find(([, weight]) => (sum += weight) >= half)![0];
}

function shown(value: number, unit: MeasureRow['unit']): string {
  if (unit === 'ns') return showDuration(ns(value));
  return `${Number(value.toFixed(3))}${unit === 'count' ? '' : ` ${unit}`}`;
}

const COLUMNS = ['count', 'least', 'median', 'most', 'limit', 'margin', 'worst at', 'in the test'] as const;

function rowOf(name: string, merged: Merged): Table['rows'][number] {
  const { count, least, most, worst, worstIn, weighted } = merged;
  const { unit, margin, limit, worstAtMs } = worst;
  const texts = [
    count.toLocaleString('en'),
    ...[least, medianOf(weighted), most].map((value) => shown(value, unit)),
    limit ?? '-',
    margin === null ? '-' : shown(margin, unit),
    `${worstAtMs.toFixed(4)} ms`,
    worstIn,
  ];
  const isBroken = margin !== null && margin < 0;
  const cells = COLUMNS.map((column, i) => {
    const isBad = isBroken && column === 'margin';
    return [column, { text: texts[i]!, ...(isBad && { tone: 'bad' as const }) }] as const;
  });
  return { name, cells: Object.fromEntries(cells) };
}

/** The table of a run: every rule and kind of time, in the tests that set no fault and provoked nothing. */
export function measureTables(folder: string): readonly Table[] {
  const tests = readMeasures(folder);
  if (tests.length === 0) return [];
  const title = `Margins, in the ${tests.length} tests that set no fault and provoked no breach`;
  const isFree = ({ worst }: Merged): number => (worst.limit === undefined ? 1 : 0);
  // What has a limit first, each half in the order in which the tests met it.
  const merged = [...merge(tests)].sort(([, a], [, b]) => isFree(a) - isFree(b));
  return [{ title, columns: COLUMNS, rows: merged.map(([name, one]) => rowOf(name, one)) }];
}
