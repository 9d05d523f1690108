import type { Comparison } from '../history/index.ts';
import { compareRuns } from '../history/index.ts';
import type { JournalEntry } from '../report/journal.ts';
import type { Collected } from './collect.ts';
import { clauseOf, clausesOf, clausesOfRule } from './requirements/index.ts';
import type { Change, Run } from './verify/model.ts';

type Moved = Comparison['measures'][number];
type Cell = Comparison['cells'][number];

/** What is not as it was in the last release, each with the clauses that it touches. `rules`: their sources. */
export function changesOf(
  before: Collected,
  after: Collected,
  rules: ReadonlyMap<string, string>,
): readonly Change[] {
  const { tests, cells, measures } = compareRuns(before.record, after.record);
  const cites = new Map([...before.run.tests, ...after.run.tests].map(({ name, cites }) => [name, cites]));
  const citesOfCells = new Map([...cellsOf(before), ...cellsOf(after)]);
  const limited = new Set(measures.flatMap(({ name, limit }) => (limit === null ? [] : [name])));
  return [
    ...tests.map(({ test, before, after, direction }) => ({
      ...{ name: `test ${test.path.replace(/^ › /, '')}`, before, after, direction },
      clauses: touchedBy(cites.get(test.path.replace(/^ › /, '')) ?? []),
    })),
    ...cells.filter(isOfRelease).map(({ table, row, profile, before, after, direction }) => ({
      ...{ name: `${table}: ${row}, ${profile}`, before: before ?? 'nothing', after: after ?? 'nothing' },
      ...{ direction, clauses: touchedBy(citesOfCells.get(cellKey(table, row)) ?? []) },
    })),
    // A time is measured twice where a rule limits it.
    ...measures
      .filter(({ name, limit }) => limit !== null || !limited.has(name.replaceAll(' ', '-')))
      .map((moved) => movedOf(moved, rules.get(moved.name) ?? SOURCES[moved.name] ?? '')),
  ];
}

/** Clauses of what is measured and has no rule. */
const SOURCES: Readonly<Record<string, string>> = {
  'command latency': '[CHIP 8]',
  'wait bytes': '[CHIP 1.4]',
};

/** Clauses, and what else was cited: an entry of bugs.md, a public document. */
const touchedBy = (cites: readonly string[]): string[] => [
  ...clausesOf(cites),
  ...cites.filter((one) => clauseOf(one) === undefined),
];

const cellKey = (table: string, row: string): string => `${table}\n${row}`;

/** The citations of the tests that filled the cells. */
const cellsOf = ({ run, journal }: Collected): (readonly [string, Run['tests'][number]['cites']])[] =>
  journal.flatMap((entry: JournalEntry) =>
    entry.kind === 'test'
      ? entry.cells.map(
          ({ table, row }) => [cellKey(table, row), run.tests[entry.test]?.cites ?? []] as const,
        )
      : [],
  );

/** Rates are for claims, and how often a twin agreed is for the twin. */
const isNoise = /^(Soaks:|Agreement with the twin)/;

/** Times in a cell are of a few commands: they count from half as much more or less on. */
const MAX_TIME_RATIO = 1.5;
const isTimed = /\d (ns|us|ms|s)\b/;
const NUMBER = /\d+(?:\.\d+)?/g;

function isOfRelease({ table, before, after }: Cell): boolean {
  if (isNoise.test(table)) return false;
  if (before === null || after === null || !isTimed.test(before) || !isTimed.test(after)) return true;
  if (before.replace(NUMBER, '#') !== after.replace(NUMBER, '#')) return true;
  const [old = [], now = []] = [before, after].map((text) => (text.match(NUMBER) ?? []).map(Number));
  return old.some((time, at) => Math.max(time, now[at]!) > MAX_TIME_RATIO * Math.min(time, now[at]!));
}

/** With limits on both sides every shift is a step to one of them. */
function movedOf(moved: Moved, source: string): Change {
  const { name, unit, limit, before, after, effect, interval, chance, tests } = moved;
  const hasTwoSides = limit !== null && !/^at (least|most)/.test(limit);
  const by = `${effect > 0 ? '+' : ''}${number(effect)} ${unit} (95 %: ${number(interval[0])} to ${number(interval[1])})`;
  return {
    name: `${name}: ${by}, in ${tests} tests, by chance ${chance.toExponential(0)}`,
    before: `${number(before)} ${unit}${marginText(moved.marginBefore, unit)}`,
    after: `${number(after)} ${unit}${marginText(moved.marginAfter, unit)}`,
    direction: hasTwoSides ? 'worse' : directionOf(moved),
    clauses: clausesOfRule(source),
  };
}

const directionOf = ({ limit, effect, direction }: Moved): Change['direction'] => {
  if (direction === 'worse' || limit === null) return direction;
  return limit.startsWith('at most') === effect > 0 ? 'worse' : 'better';
};

const marginText = (margin: number | null, unit: string): string =>
  margin === null ? '' : `, margin ${number(margin)} ${unit}`;

const number = (value: number): string => String(Number(value.toPrecision(4)));
