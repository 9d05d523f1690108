import type { MovedBounds, MovedMeasure } from './difference.ts';
import { movedMeasures, USUAL_BOUNDS } from './difference.ts';
import type { CellRecord, Outcome, ResultRecord, RunRecord, TestName } from './record.ts';

/** `lost`: what the run before had shown, this one does not show. */
export type Direction = 'worse' | 'lost' | 'better' | 'other';

/** A test whose outcome changed, or that failed in another way. */
export interface ChangedTest {
  readonly test: TestName;
  readonly before: Outcome | 'not there';
  readonly after: Outcome | 'not there';
  readonly direction: Direction;
  /** What the failure says, or why it was skipped. */
  readonly says: string | null;
  readonly again: string | null;
}

/** A cell of a table that changed; null where there is none. */
export interface ChangedCell {
  readonly table: string;
  readonly row: string;
  readonly profile: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly direction: Direction;
}

/** Two runs, and only what differs. */
export interface Comparison {
  readonly before: ComparedRun;
  readonly after: ComparedRun;
  /** Facts of the runs that differ: rig, chip, commit, seed, versions. */
  readonly facts: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  readonly tests: readonly ChangedTest[];
  readonly cells: readonly ChangedCell[];
  readonly measures: readonly MovedMeasure[];
  /** Tests with the same outcome in both. */
  readonly same: number;
  /** Whether something got worse; whether something was not shown any more. */
  readonly isWorse: boolean;
  readonly hasLost: boolean;
}

type ComparedRun = Pick<
  RunRecord,
  'run' | 'night' | 'started' | 'rig' | 'verdict' | 'commit' | 'chip' | 'seed'
>;

const NEXT: Readonly<Record<Direction, number>> = { worse: 0, lost: 1, better: 2, other: 3 };

/** What of `after` is not as it was in `before`. */
export function compareRuns(
  before: RunRecord,
  after: RunRecord,
  bounds: MovedBounds = USUAL_BOUNDS,
): Comparison {
  const { tests, same } = changedTests(before.results, after.results);
  const cells = changedCells(before.cells, after.cells);
  const measures = movedMeasures(before.measures, after.measures, bounds);
  const directions = [...tests, ...cells, ...measures].map(({ direction }) => direction);
  return {
    ...{ before: headOf(before), after: headOf(after), facts: factsOf(before, after) },
    ...{ tests, cells, measures, same },
    isWorse: directions.includes('worse'),
    hasLost: directions.includes('lost'),
  };
}

const headOf = ({ run, night, started, rig, verdict, commit, chip, seed }: RunRecord): ComparedRun => ({
  ...{ run, night, started, rig, verdict, commit, chip, seed },
});

function factsOf(before: RunRecord, after: RunRecord): Comparison['facts'] {
  const all = ({
    rig,
    rigHash,
    fingerprint,
    chip,
    commit,
    seed,
    profiles,
    versions,
  }: RunRecord): Record<string, string> => ({
    ...{ rig, 'rig file': rigHash.slice(0, 12), fingerprint: fingerprint ?? '', chip, commit },
    ...{ seed: String(seed), profiles: profiles.join(', '), ...versions },
  });
  const [old, now] = [all(before), all(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .map((name) => ({ name, before: old[name] ?? '', after: now[name] ?? '' }))
    .filter((fact) => fact.before !== fact.after);
}

/** Results of one test with its repetition. */
const keyOf = ({ test, repetition }: ResultRecord): string => `${test.path}\n${repetition}`;

function changedTests(
  before: readonly ResultRecord[],
  after: readonly ResultRecord[],
): { readonly tests: readonly ChangedTest[]; readonly same: number } {
  const old = new Map(before.map((one) => [keyOf(one), one]));
  const now = new Map(after.map((one) => [keyOf(one), one]));
  const tests: ChangedTest[] = [];
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const change = changeOf(old.get(key), now.get(key));
    if (change !== undefined) tests.push(change);
  }
  const order = (a: ChangedTest, b: ChangedTest): number => NEXT[a.direction] - NEXT[b.direction];
  const both = [...old.keys()].filter((key) => now.has(key)).length;
  const changed = tests.filter((one) => one.before !== 'not there' && one.after !== 'not there').length;
  return { tests: tests.sort(order), same: both - changed };
}

function changeOf(old: ResultRecord | undefined, now: ResultRecord | undefined): ChangedTest | undefined {
  const [before, after] = [old?.outcome ?? 'not there', now?.outcome ?? 'not there'] as const;
  const isOtherFailure = old?.signature?.hash !== now?.signature?.hash;
  if (before === after && !isOtherFailure) return undefined;
  const { test } = (now ?? old)!;
  return {
    ...{ test, before, after, direction: directionOf(before, after) },
    ...{ says: now?.says ?? null, again: now?.again ?? null },
  };
}

type Shown = ChangedTest['before'];
/** Says nothing of chip and driver. */
const SILENT: readonly Shown[] = ['no verdict', 'skipped', 'not run', 'not there'];

/** A failure where there was none is worse; a test that said something and says nothing now is lost. */
function directionOf(before: Shown, after: Shown): Direction {
  if (after === 'fail') return 'worse';
  if (after === 'pass') return SILENT.includes(before) ? 'other' : 'better';
  if (SILENT.includes(before)) return 'other';
  return before === 'pass' || after !== 'inconclusive' ? 'lost' : 'other';
}

const cellKey = ({ table, row, profile }: CellRecord): string => [table, row, profile].join('\n');
const RANK: Readonly<Record<string, number>> = { good: 0, fair: 1, bad: 2 };

function changedCells(before: readonly CellRecord[], after: readonly CellRecord[]): ChangedCell[] {
  const old = new Map(before.map((one) => [cellKey(one), one]));
  const now = new Map(after.map((one) => [cellKey(one), one]));
  const cells: ChangedCell[] = [];
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(key), now.get(key)];
    if (was?.text === is?.text && was?.tone === is?.tone) continue;
    const { table, row, profile } = (is ?? was)!;
    const direction = cellDirection(was, is);
    cells.push({ ...{ table, row, profile, direction }, before: was?.text ?? null, after: is?.text ?? null });
  }
  return cells.sort((a, b) => NEXT[a.direction] - NEXT[b.direction]);
}

function cellDirection(was: CellRecord | undefined, is: CellRecord | undefined): Direction {
  if (is === undefined) return 'lost';
  if (was === undefined || was.tone === null || is.tone === null) return 'other';
  const [old, now] = [RANK[was.tone] ?? 0, RANK[is.tone] ?? 0];
  return now > old ? 'worse' : now < old ? 'better' : 'other';
}
