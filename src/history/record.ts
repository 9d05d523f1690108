import { createHash } from 'node:crypto';
import { TOO_FEW_RUNS } from '../report/attribution.ts';
import type { Attribution, FailureClass } from '../report/attribution.ts';
import type { JournalEntry, PlannedTest, TestEnd } from '../report/journal.ts';
import type { Merged } from '../report/measures.ts';
import { medianOf } from '../report/measures.ts';
import type { RunSummary, Verdict } from '../report/summary.ts';
import { nightOf } from './nights.ts';
import type { Signature } from './signature.ts';
import { signatureOf } from './signature.ts';

/** What one test came to. `no verdict`: the lab or the suite failed, so nothing is known of chip and driver. */
export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'no verdict' | 'skipped' | 'not run';

/** A test over all runs: its titles from the project down identify it. */
export type TestName = PlannedTest;

/** One result of a run. */
export interface ResultRecord {
  readonly test: TestName;
  /** 0, or the number of the repetition. */
  readonly repetition: number;
  readonly outcome: Outcome;
  /** Whose fault it is, of every failure. */
  readonly fault: FailureClass | null;
  readonly signature: Signature | null;
  /** Wall time in milliseconds. */
  readonly ms: number;
  /** SHA-256 over the frames and their times; null when the test touched no board. */
  readonly digest: string | null;
  /** Why it was skipped, or the first sentence of its failure. */
  readonly says: string | null;
  /** The command that runs this test again. */
  readonly again: string | null;
}

/** One cell of a table of the run. */
export interface CellRecord {
  readonly table: string;
  readonly row: string;
  readonly profile: string;
  readonly text: string;
  readonly tone: string | null;
}

/** What a run measured of one rule or kind of time. */
export interface MeasureRecord {
  readonly name: string;
  readonly unit: string;
  readonly limit: string | null;
  readonly count: number;
  readonly least: number;
  readonly median: number;
  readonly most: number;
  /** How far the worst value stays from the limit, negative beyond it; null without a limit. */
  readonly margin: number | null;
  readonly worstIn: string;
  /** The median of each of at most 64 tests, by a short hash of the test's name: the same tests in every run. */
  readonly medians: Readonly<Record<string, number>>;
}

/** One run, as the history keeps it. Times are milliseconds since 1970. */
export interface RunRecord {
  readonly run: string;
  /** The night it belongs to, as a date: `2026-11-30` for what began from noon of the 29th to noon of the 30th. */
  readonly night: string;
  readonly started: number;
  readonly ended: number;
  readonly host: string;
  readonly user: string;
  readonly rig: string;
  /** SHA-256 of the rig file. */
  readonly rigHash: string;
  /** Hash of what was found of the rig itself: wires, levels, versions; null when nobody looked. */
  readonly fingerprint: string | null;
  readonly chip: string;
  readonly commit: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly profiles: readonly string[];
  readonly seed: number;
  /** Time is simulated, so the same seed has to give the same digests. */
  readonly isRepeatable: boolean;
  readonly verdict: Verdict;
  readonly because: readonly string[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: number;
  readonly digest: string | null;
  readonly durationMs: number;
  /** The command that repeats the run. */
  readonly again: string;
  /** The folder of its report, absolute, on `host`. */
  readonly folder: string;
  /** The job of a night that asked for it; null when a person did. */
  readonly job: string | null;
  readonly results: readonly ResultRecord[];
  readonly cells: readonly CellRecord[];
  readonly measures: readonly MeasureRecord[];
}

/** What a run left, from which its record is made. */
export interface LeftByRun {
  readonly summary: RunSummary;
  readonly journal: readonly JournalEntry[];
  readonly measures: ReadonlyMap<string, Merged>;
  readonly again: string;
  readonly folder: string;
}

const LAB: readonly FailureClass[] = ['rig', 'lab service', 'provisioning', 'test'];

/** A failure that belongs to no test has this name in the place of one. */
const OUTSIDE: TestName = {
  suite: '',
  profile: '',
  title: 'outside of any test',
  path: 'outside of any test',
};
/** The table that only counts the tests, which are kept one by one. */
const COUNTS = 'Suites';

/** Makes the record of a run. */
export function recordOf({ summary, journal, measures, again, folder }: LeftByRun): RunRecord {
  const { selection, versions, profiles, seed, verdict, because, host, user, rig, chip, commit } = summary;
  const { passed, failed, skipped, notRun, durationMs, abilities, digest = null } = summary;
  const { fingerprint = null, job = null } = summary;
  const started = Date.parse(summary.start);
  return {
    ...{ run: summary.id, night: nightOf(started), started, ended: Date.parse(summary.end), host, user, rig },
    ...{ rigHash: selection.rigHash, fingerprint, chip, commit, versions, profiles, seed },
    isRepeatable: abilities.includes('virtual-time'),
    ...{ verdict, because, passed, failed, skipped, notRun, digest, durationMs, again, folder, job },
    results: resultsOf(summary, journal),
    cells: summary.tables.filter(({ title }) => title !== COUNTS).flatMap(cellsOf),
    measures: [...measures].map(([name, merged]) => measureOf(name, merged)),
  };
}

function resultsOf({ planned, rig }: RunSummary, journal: readonly JournalEntry[]): ResultRecord[] {
  const ends = new Map<number, TestEnd>();
  for (const entry of journal) if (entry.kind === 'test') ends.set(entry.test, entry);
  const outside = journal.filter((entry) => entry.kind === 'outside');
  return [
    ...planned.map((test, at) => resultOf(test, ends.get(at), rig)),
    ...outside.map((failure, repetition) => ({
      ...{ ...failed(OUTSIDE, failure, rig), test: OUTSIDE, repetition, ms: 0, digest: null, again: null },
    })),
  ];
}

function resultOf(planned: TestName, end: TestEnd | undefined, rig: string): ResultRecord {
  const { test, repetition } = splitRepetition(planned);
  const { ms = 0, digest = null, failure, skip } = end ?? {};
  const base = { test, repetition, ms, digest, again: failure?.again ?? null };
  if (failure !== undefined) return { ...base, ...failed(test, failure, rig) };
  const outcome = end === undefined ? 'not run' : OUTCOME_OF[end.outcome];
  return { ...base, outcome, fault: null, signature: null, says: skip?.reason ?? null };
}

const OUTCOME_OF = {
  passed: 'pass',
  skipped: 'skipped',
  failed: 'no verdict',
  'not run': 'not run',
} as const;

function failed(
  test: TestName,
  failure: Attribution & { readonly message: string },
  rig: string,
): Pick<ResultRecord, 'outcome' | 'fault' | 'signature' | 'says'> {
  const isOfLab = LAB.includes(failure.class);
  return {
    outcome: failure.rule === TOO_FEW_RUNS ? 'inconclusive' : isOfLab ? 'no verdict' : 'fail',
    fault: failure.class,
    signature: signatureOf(test, failure, rig),
    says: failure.message,
  };
}

const REPETITION = / \(repetition (\d+)\)$/;

/** A repetition is a further result of its test. */
function splitRepetition({
  suite,
  profile,
  title,
  path,
}: TestName): Pick<ResultRecord, 'test' | 'repetition'> {
  const number = REPETITION.exec(path)?.[1];
  return {
    test: { suite, profile, title, path: path.replace(REPETITION, '') },
    repetition: number === undefined ? 0 : Number(number) - 1,
  };
}

const cellsOf = ({ title, rows }: RunSummary['tables'][number]): CellRecord[] =>
  rows.flatMap(({ name, cells }) =>
    Object.entries(cells).map(([profile, { text, tone = null }]) => ({
      ...{ table: title, row: name, profile, text, tone },
    })),
  );

/** So many tests stand for all in the comparison of two runs. */
const MAX_MEDIANS = 64;

function measureOf(name: string, merged: Merged): MeasureRecord {
  const { count, least, most, worst, worstIn, weighted, medians } = merged;
  const hashed = [...medians].map(([test, median]) => [shortHash(test), median] as const);
  return {
    ...{ name, unit: worst.unit, limit: worst.limit ?? null, count, least, median: medianOf(weighted), most },
    ...{ margin: worst.margin, worstIn },
    medians: Object.fromEntries(hashed.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MAX_MEDIANS)),
  };
}

// A letter at the front: an object would put a name of digits alone before the others.
const shortHash = (text: string): string => `t${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
