import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measure, Measured, RuleReport, RuleUnit } from '../trace/index.ts';
import { MEASURED, RULES, showLimit, showMeasured } from '../trace/index.ts';
import type { Instant } from '../units/index.ts';
import { BEGINNING, between, inMs } from '../units/index.ts';
import type { Table } from './tables.ts';

/**
 * What the traces of a run's tests measured. Each worker notes a test as a line in a file of the run's folder: as
 * annotations the numbers would be the larger part of the report.
 */
const FILE = 'measures.jsonl';
/** Values of one test that stand for all of its values, for the median of the run. */
const SAMPLES = 15;

/** Of one rule or kind of time in one test: rules in their units, kinds as they are measured. */
interface Noted {
  readonly count: number;
  readonly least: number;
  readonly most: number;
  /** Null without a limit. */
  readonly margin: number | null;
  readonly worstAt: number;
  readonly sample: readonly number[];
}

interface TestMeasures {
  readonly test: string;
  readonly rules: Readonly<Record<string, Noted>>;
  readonly kinds: Readonly<Record<string, Noted>>;
}

function noted(measures: Iterable<readonly [string, Measure]>): Record<string, Noted> {
  const all: Record<string, Noted> = {};
  for (const [name, measure] of measures) {
    const { count, least, most, margin, worstAt } = measure;
    if (count === 0) continue;
    const limited = Number.isFinite(margin) ? margin : null;
    all[name] = { count, least, most, margin: limited, worstAt, sample: measure.sample(SAMPLES) };
  }
  return all;
}

/**
 * Called by the worker when a test has ended. `test` names it and its driver. A disk that is full takes a line from the
 * table and nothing from the test.
 */
export function noteMeasures(
  folder: string,
  test: string,
  report: RuleReport,
  kinds: ReadonlyMap<Measured, Measure>,
): void {
  const rules = noted([...report.counts].map(([id, { measure }]) => [id, measure] as const));
  const line: TestMeasures = { test, rules, kinds: noted(kinds) };
  // Without h1-hil run there is no folder; a test that moved nothing has nothing to tell.
  if (!existsSync(folder) || Object.keys(line.kinds).length === 0) return;
  try {
    appendFileSync(join(folder, FILE), `${JSON.stringify(line)}\n`);
  } catch {
    // The run itself says that its disk is full.
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
interface Merged {
  count: number;
  least: number;
  most: number;
  worst: Noted;
  worstIn: string;
  /** Values, and how many each of them stands for. */
  readonly weighted: (readonly [value: number, weight: number])[];
}

/** How close to its limit, or beyond it; without a limit the largest value counts. */
const rank = ({ margin, most }: Noted): number => margin ?? -most;

function merge(tests: readonly TestMeasures[], of: 'rules' | 'kinds'): ReadonlyMap<string, Merged> {
  const all = new Map<string, Merged>();
  for (const { test, [of]: measures } of tests)
    for (const [name, one] of Object.entries(measures)) {
      const merged: Merged = all.get(name) ?? {
        ...{ count: 0, least: Infinity, most: -Infinity },
        ...{ worst: one, worstIn: test, weighted: [] },
      };
      all.set(name, merged);
      merged.count += one.count;
      merged.least = Math.min(merged.least, one.least);
      merged.most = Math.max(merged.most, one.most);
      if (rank(one) < rank(merged.worst)) Object.assign(merged, { worst: one, worstIn: test });
      for (const value of one.sample) merged.weighted.push([value, one.count / one.sample.length]);
    }
  return all;
}

/** The value with half of the weight on either side. */
function medianOf(weighted: Merged['weighted']): number {
  const sorted = weighted.toSorted(([a], [b]) => a - b);
  const half = sorted.reduce((sum, [, weight]) => sum + weight, 0) / 2;
  let sum = 0;
  return sorted.find(([, weight]) => (sum += weight) >= half)![0];
}

const COLUMNS = ['count', 'least', 'median', 'most', 'limit', 'margin', 'worst at', 'in the test'] as const;

function rowOf(name: string, merged: Merged, limit: string, show: (value: number) => string) {
  const { count, least, most, worst, worstIn, weighted } = merged;
  const texts = [
    count.toLocaleString('en'),
    show(least),
    show(medianOf(weighted)),
    show(most),
    limit,
    worst.margin === null ? '-' : show(worst.margin),
    `${inMs(between(BEGINNING, worst.worstAt as Instant)).toFixed(4)} ms`,
    worstIn,
  ];
  const isBroken = worst.margin !== null && worst.margin < 0;
  const cells = COLUMNS.map((column, i) => {
    const isBad = isBroken && column === 'margin';
    return [column, { text: texts[i]!, ...(isBad && { tone: 'bad' as const }) }] as const;
  });
  return { name, cells: Object.fromEntries(cells) };
}

const inUnit =
  (unit: RuleUnit) =>
  (value: number): string =>
    `${Number(value.toFixed(3))}${unit === 'count' ? '' : ` ${unit}`}`;

/** The table of a run: what every rule and kind of time was in the tests that set no fault and provoked nothing. */
export function measureTables(folder: string): readonly Table[] {
  const tests = readMeasures(folder);
  if (tests.length === 0) return [];
  const rules = merge(tests, 'rules');
  const kinds = merge(tests, 'kinds');
  const title = (what: string): string =>
    `${what}, in the ${tests.length} tests that set no fault and provoked no breach`;
  return [
    {
      title: title('What the rules measured'),
      columns: COLUMNS,
      rows: RULES.flatMap(({ id, limit, unit }) => {
        const merged = rules.get(id);
        return merged === undefined ? [] : [rowOf(id, merged, showLimit(limit, unit), inUnit(unit))];
      }),
    },
    {
      title: title('Kinds of time'),
      columns: COLUMNS,
      rows: MEASURED.flatMap((kind) => {
        const merged = kinds.get(kind);
        return merged === undefined ? [] : [rowOf(kind, merged, '-', (value) => showMeasured(kind, value))];
      }),
    },
  ];
}
