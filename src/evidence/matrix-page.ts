import { escaped } from '../report/tables.ts';
import type { Clause } from './requirements/index.ts';
import { citedAs, CLAUSES, clausesOfRule } from './requirements/index.ts';
import type { Run, Test } from './verify/model.ts';

type Outcome = Test['outcome'];

/** One requirement with all that runs say of it. */
export interface RequirementRow {
  readonly clause: Clause;
  /** The worst outcome over tests and rules; `not shown` when nothing passed. */
  readonly state: Outcome | 'not shown';
  /** A test without its driver, and its outcome on each rig with each driver. */
  readonly tests: readonly { readonly name: string; readonly outcomes: ReadonlyMap<string, Outcome> }[];
  /** Rules with their worst margin, as text. */
  readonly rules: readonly string[];
}

/** The columns of a matrix: `recommended on sim`. */
export const columnsOf = (runs: readonly Run[]): string[] => [
  ...new Set(runs.flatMap(({ rig, tests }) => tests.map(({ driver }) => `${driver} on ${rig}`))),
];

/** Every clause, with the tests and rules of these runs that cite it. `rules`: their sources. */
export function rowsOf(runs: readonly Run[], rules: ReadonlyMap<string, string>): RequirementRow[] {
  return CLAUSES.map((clause) => {
    const words = citedAs(clause.id);
    const cites = (test: Test): boolean =>
      words.some((word) => test.cites.some((one) => `${one} `.startsWith(`${word} `)));
    const tests = new Map<string, Map<string, Outcome>>();
    for (const { rig, tests: all } of runs)
      for (const test of all.filter(cites)) {
        const name = titleOf(test);
        const outcomes = tests.get(name) ?? new Map<string, Outcome>();
        tests.set(name, outcomes.set(`${test.driver} on ${rig}`, test.outcome));
      }
    const kept = runs.flatMap(({ rig, measures }) =>
      measures
        .filter(({ name, margin }) => margin >= 0 && clausesOfRule(rules.get(name) ?? '').includes(clause.id))
        .map(
          ({ name, margin, unit, count }) =>
            `${name} on ${rig}: ${count} times, margin ${round(margin)} ${unit}`,
        ),
    );
    const rows = [...tests].map(([name, outcomes]) => ({ name, outcomes }));
    return { clause, state: stateOf(rows, kept), tests: rows, rules: kept };
  });
}

const round = (value: number): string => String(Number(value.toPrecision(4)));
/** Titles below driver and file. */
export const titleOf = ({ name }: Pick<Test, 'name'>): string => name.split(' › ').slice(2).join(' › ');

const WORST_FIRST: readonly Outcome[] = ['fail', 'no verdict', 'inconclusive', 'not run', 'pass'];

function stateOf(tests: RequirementRow['tests'], rules: readonly string[]): RequirementRow['state'] {
  const seen = new Set(tests.flatMap(({ outcomes }) => [...outcomes.values()]));
  const worst = WORST_FIRST.find((one) => seen.has(one));
  return worst ?? (rules.length > 0 ? 'pass' : 'not shown');
}

/** Words for a cell, beside the colour. */
const MARK: Readonly<Record<Outcome, string>> = {
  ...{ pass: '✓', fail: '✗ fail', inconclusive: '? inconclusive', 'no verdict': '? no verdict' },
  ...{ skipped: '– skipped', 'not run': '– not run' },
};
const classOf = (state: string): string => state.replace(' ', '-');

/** The matrix requirement x test x driver x rig x verdict. Rows that show nothing stand first. */
export function renderMatrix(runs: readonly Run[], rules: ReadonlyMap<string, string>): string {
  const columns = columnsOf(runs);
  const rows = rowsOf(runs, rules);
  const order = (row: RequirementRow): number => (row.state === 'pass' ? 1 : 0);
  const sorted = rows.toSorted((a, b) => order(a) - order(b));
  return sorted.map((row) => renderRow(row, columns)).join('\n');
}

function renderRow({ clause, state, tests, rules }: RequirementRow, columns: readonly string[]): string {
  const { id, binds, kind, text } = clause;
  const told = state === 'pass' ? 'shown' : state;
  const head = `<span class="tag ${classOf(told)}">${told}</span> <b>${id}</b> <i>${binds}, ${kind}</i> ${escaped(text)}`;
  if (tests.length + rules.length === 0) return `<p class="row">${head} Nothing here cites it.</p>`;
  const header = ['test', ...columns].map((name) => `<th scope="col">${escaped(name)}</th>`).join('');
  const body = tests.map(({ name, outcomes }) => {
    const cells = columns.map((column) => {
      const outcome = outcomes.get(column);
      return outcome === undefined ? '<td></td>' : `<td class="${classOf(outcome)}">${MARK[outcome]}</td>`;
    });
    return `<tr><th scope="row">${escaped(name)}</th>${cells.join('')}</tr>`;
  });
  const table =
    tests.length === 0
      ? ''
      : `<table><thead><tr>${header}</tr></thead><tbody>${body.join('')}</tbody></table>`;
  const list = rules.length === 0 ? '' : `<p>Rules: ${rules.map(escaped).join('; ')}</p>`;
  return `<details><summary>${head} <span class="n">${tests.length} tests, ${rules.length} rules</span></summary>${table}${list}</details>`;
}

/** Tests of runs that cite no clause, each once. */
export const uncitingOf = (runs: readonly Run[]): string[] => [
  ...new Set(
    runs.flatMap(({ tests }) =>
      tests
        .filter(
          ({ cites }) =>
            !CLAUSES.some(({ id }) =>
              citedAs(id).some((word) => cites.some((one) => `${one} `.startsWith(`${word} `))),
            ),
        )
        .map(titleOf),
    ),
  ),
];
