import { createHash } from 'node:crypto';
import type { Breach } from './attribution.ts';
import type { Failure, JournalEntry, Outcome, PlannedTest, RunnerStatus, TestEnd } from './journal.ts';
import type { Cell, Table, Tone } from './tables.ts';
import { TableBook } from './tables.ts';
import { TwinTable } from './twin-table.ts';

/** A planned test, and what became of it. */
export interface TestRecord extends PlannedTest {
  readonly outcome: Outcome;
}

/** A rule that a test broke without having declared it; a test that failed has its own in its evidence. */
export interface Undeclared extends Breach {
  readonly suite: string;
  readonly profile: string;
  readonly title: string;
}

/** What the journal of a run adds up to. passed + failed + skipped + notRun is the number of planned tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Tests that were planned and never came to an end of their own, as when a run is interrupted. */
  readonly notRun: number;
  /** Tests among `passed` that put something on a board's wires. */
  readonly procedures: number;
  readonly planned: readonly TestRecord[];
  /** How many tests were skipped for each reason. */
  readonly skips: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  /** Breaches of rules in tests that passed, the first of each rule in each test. */
  readonly undeclared: readonly Undeclared[];
  /** What the suites measured, a column a profile; the first one counts the tests of each suite. */
  readonly tables: readonly Table[];
  /** SHA-256 over the frames, their order and their times, of every test; undefined when there was no frame. */
  readonly digest: string | undefined;
  /** The chip as it describes itself; empty when no board was opened. */
  readonly chip: string;
  /** What the times of a guest in virtual time depend on; empty without such a guest. */
  readonly guest: string;
  /** Why chips were not compared with a twin, where nobody asked for that; empty when they were. */
  readonly twinless: string;
  readonly durationMs: number;
}

/** The title of a failure that belongs to no test. */
const OUTSIDE = 'outside of any test';
/** The table that counts tests. */
const SUITES = 'Suites';

const OPEN: TestEnd = { outcome: 'not run', ms: 0, cells: [], breaches: [] };

/** Adds up a journal. Columns of the tables stand in the order of `profiles`. */
export function tallyOf(journal: readonly JournalEntry[], profiles: readonly string[]): Tally {
  const plan = journal.find((entry) => entry.kind === 'plan')?.tests ?? [];
  const ends = plan.map(() => OPEN);
  for (const entry of journal) if (entry.kind === 'test') ends[entry.test] = entry;
  const planned = plan.map((test, at) => ({ ...test, outcome: ends[at]!.outcome }));
  const count = (outcome: Outcome): number => ends.filter((end) => end.outcome === outcome).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    notRun: count('not run'),
    procedures: ends.filter(({ outcome, digest }) => outcome === 'passed' && digest !== undefined).length,
    planned,
    skips: countSkips(ends),
    failures: failuresOf(journal, plan),
    undeclared: ends.flatMap(({ breaches }, at) => {
      const { suite, profile, title } = plan[at]!;
      return breaches.map((breach) => ({ suite, profile, title, ...breach }));
    }),
    tables: tablesOf(plan, ends, profiles),
    digest: combineDigests(
      new Map(ends.flatMap(({ digest }, at) => (digest === undefined ? [] : [[plan[at]!.path, digest]]))),
    ),
    chip: ends.findLast(({ chip }) => chip !== undefined)?.chip ?? '',
    guest: ends.findLast(({ guest }) => guest !== undefined)?.guest ?? '',
    twinless: ends.findLast(({ twinless }) => twinless !== undefined)?.twinless ?? '',
    durationMs: endOf(journal)?.ms ?? 0,
  };
}

/** The runner's own status at its end; undefined when the runner was killed before. */
export const endOf = (
  journal: readonly JournalEntry[],
): { readonly status: RunnerStatus; readonly ms: number } | undefined =>
  journal.find((entry) => entry.kind === 'end');

function countSkips(ends: readonly TestEnd[]): Record<string, number> {
  const skips: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const { outcome, skip } of ends)
    if (outcome === 'skipped' && skip !== undefined) skips[skip.reason] = (skips[skip.reason] ?? 0) + 1;
  return { ...skips };
}

/** In the order in which they came. */
function failuresOf(journal: readonly JournalEntry[], plan: readonly PlannedTest[]): Failure[] {
  return journal.flatMap((entry): Failure[] => {
    if (entry.kind === 'outside') {
      const { rule, because, message } = entry;
      const failure = { class: entry.class, rule, because, message };
      return [{ suite: '', profile: '', title: OUTSIDE, ...failure }];
    }
    if (entry.kind !== 'test' || entry.failure === undefined) return [];
    const { suite, profile, title } = plan[entry.test]!;
    return [{ suite, profile, title, ...entry.failure }];
  });
}

function tablesOf(
  plan: readonly PlannedTest[],
  ends: readonly TestEnd[],
  profiles: readonly string[],
): readonly Table[] {
  const book = new TableBook(SUITES);
  const twins = new TwinTable();
  const groups = new Map<string, { suite: string; profile: string; outcomes: Outcome[] }>();
  for (const [at, { suite, profile }] of plan.entries()) {
    const { cells, outcome, twin } = ends[at]!;
    if (twin !== undefined) twins.add(twin, profile);
    const key = `${suite}\n${profile}`;
    const group = groups.get(key) ?? { suite, profile, outcomes: [] };
    groups.set(key, group);
    group.outcomes.push(outcome);
    for (const cell of cells) book.add(outcome === 'failed' ? ofFailed(cell) : cell, profile);
  }
  for (const { suite, profile, outcomes } of groups.values()) book.add(suiteCell(suite, outcomes), profile);
  for (const [cell, profile] of twins.cells()) book.add(cell, profile);
  return book.tables(profiles);
}

/** The cell of a failed test says that the test failed. */
const ofFailed = (cell: Cell): Cell => ({ ...cell, text: `${cell.text} (test failed)`, tone: 'bad' });

const SHOWN = ['passed', 'failed', 'skipped', 'not run'] as const;

function suiteCell(suite: string, outcomes: readonly Outcome[]): Cell {
  const counts = SHOWN.map((name) => [name, outcomes.filter((one) => one === name).length] as const);
  const text = counts
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  const tone: Tone = outcomes.includes('failed') ? 'bad' : outcomes.includes('passed') ? 'good' : 'fair';
  return { table: SUITES, row: suite, text, tone };
}

/** Makes one digest of many; their order does not matter. Undefined when there is none. */
function combineDigests(digests: ReadonlyMap<string, string>): string | undefined {
  if (digests.size === 0) return undefined;
  const hash = createHash('sha256');
  for (const [test, digest] of [...digests].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${test}\n${digest}\n`);
  return hash.digest('hex');
}
