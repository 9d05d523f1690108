import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { FailureClass } from '../report/attribution.ts';
import { nightBefore } from './nights.ts';
import type { RunHead } from './read.ts';
import { readHeads, readMeasures } from './read.ts';
import type { MeasureRecord, Outcome, TestName } from './record.ts';
import type { Tables } from './schema.ts';
import type { Signature } from './signature.ts';

/** Which night, and how many nights before it say what is known. */
export interface NightRequest {
  /** As `2026-11-30`. */
  readonly night: string;
  /** Nights that count, this one included. */
  readonly nights: number;
}

/** One result of a test that failed at least once in the nights that count. */
export interface Sighting {
  readonly test: TestName;
  readonly run: RunHead;
  readonly outcome: Outcome;
  readonly repetition: number;
  readonly digest: string | null;
  readonly signature: Signature | null;
  readonly fault: FailureClass | null;
  readonly says: string | null;
  readonly again: string | null;
}

/** Tests of the night that said nothing, by the rig and the reason. */
export interface Unrun {
  readonly rig: string;
  readonly outcome: 'skipped' | 'not run' | 'not planned';
  readonly reason: string;
  readonly tests: number;
  /** Title of one of them. */
  readonly example: string;
}

/** Two runs of one seed, commit and rig in simulated time, in which a test did not do the same. */
export interface Contradiction {
  readonly test: TestName;
  readonly run: RunHead;
  readonly other: RunHead;
  readonly differs: 'outcome' | 'digest';
}

/** What one rig measured this night and the last time before it with the same drivers. */
export interface MeasuredTwice {
  readonly run: RunHead;
  readonly before: RunHead;
  readonly now: readonly MeasureRecord[];
  readonly then: readonly MeasureRecord[];
}

/** All that has to be known to say what is new in a night. */
export interface NightFacts extends NightRequest {
  /** Runs of all nights that count, the newest first. */
  readonly runs: readonly RunHead[];
  /** Every result of each test that failed at least once, the oldest first. */
  readonly sightings: readonly Sighting[];
  /** When a test first had a signature, by `seenKey`, in milliseconds since 1970, over all of the history. */
  readonly firstSeen: ReadonlyMap<string, number>;
  readonly unrun: readonly Unrun[];
  readonly contradictions: readonly Contradiction[];
  readonly measured: readonly MeasuredTwice[];
}

/** Reads them. */
export async function readNight(db: Kysely<Tables>, request: NightRequest): Promise<NightFacts> {
  const { night, nights } = request;
  const runs = await readHeads(db, { from: nightBefore(night, nights - 1), to: night });
  const tonight = runs.filter((run) => run.night === night);
  const sightings = await readSightings(db, runs);
  return {
    ...request,
    runs,
    sightings,
    firstSeen: await readFirstSeen(db, sightings),
    unrun: [...(await readSkipped(db, tonight)), ...(await readNotPlanned(db, runs, night))],
    contradictions: await readContradictions(db, runs, tonight),
    measured: await readMeasured(db, runs, tonight),
  };
}

async function readSightings(db: Kysely<Tables>, runs: readonly RunHead[]): Promise<Sighting[]> {
  if (runs.length === 0) return [];
  const byId = new Map(runs.map((run) => [run.id, run]));
  const window = [...byId.keys()].sort((a, b) => a - b);
  const failed = (
    await db
      .selectFrom('results')
      .select(['test_id', (build) => build.fn.max('run_id').as('last')])
      .where('signature_id', 'is not', null)
      .groupBy('test_id')
      .execute()
  ).filter(({ last }) => last >= window[0]!);
  if (failed.length === 0) return [];
  const signatures = await readSignatures(db);
  const tests = await readTestNames(
    db,
    failed.map(({ test_id }) => test_id),
  );
  const rows = await db
    .selectFrom('results')
    .select(['test_id', 'run_id', 'outcome', 'repetition', 'digest', 'signature_id', 'says', 'again'])
    .where('run_id', '>=', window[0]!)
    .where('test_id', 'in', [...tests.keys()])
    .execute();
  const all: Sighting[] = [];
  for (const { test_id, run_id, signature_id, outcome, ...row } of rows) {
    const run = byId.get(run_id);
    if (run === undefined) continue;
    const signature = signature_id === null ? null : signatures.get(signature_id)!;
    const said = { outcome: outcome as Outcome, signature, fault: signature?.fault ?? null };
    all.push({ test: tests.get(test_id)!, run, ...said, ...row });
  }
  return all.sort(
    (a, b) => a.run.started - b.run.started || a.run.id - b.run.id || a.repetition - b.repetition,
  );
}

async function readSignatures(db: Kysely<Tables>): Promise<ReadonlyMap<number, Signature>> {
  const rows = await db.selectFrom('signatures').selectAll().execute();
  return new Map(rows.map(({ id, fault, ...rest }) => [id, { ...rest, fault: fault as FailureClass }]));
}

async function readTestNames(
  db: Kysely<Tables>,
  ids: readonly number[],
): Promise<ReadonlyMap<number, TestName>> {
  const rows = await db.selectFrom('tests').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map(({ id, ...test }) => [id, test]));
}

async function readFirstSeen(
  db: Kysely<Tables>,
  sightings: readonly Sighting[],
): Promise<ReadonlyMap<string, number>> {
  const hashes = [
    ...new Set(sightings.flatMap(({ signature }) => (signature === null ? [] : [signature.hash]))),
  ];
  if (hashes.length === 0) return new Map();
  const rows = await db
    .selectFrom('results')
    .innerJoin('signatures', 'signatures.id', 'results.signature_id')
    .innerJoin('tests', 'tests.id', 'results.test_id')
    .innerJoin('runs', 'runs.id', 'results.run_id')
    .select(['hash', 'path', (build) => build.fn.min('started_ms').as('first')])
    .where('hash', 'in', hashes)
    .groupBy(['hash', 'path'])
    .execute();
  return new Map(rows.map(({ hash, path, first }) => [seenKey(path, hash), first]));
}

/** The name of one failure of one test with one driver. */
export const seenKey = (path: string, hash: string): string => `${path}\n${hash}`;

async function readSkipped(db: Kysely<Tables>, tonight: readonly RunHead[]): Promise<Unrun[]> {
  if (tonight.length === 0) return [];
  const rows = await db
    .selectFrom('results')
    .innerJoin('runs', 'runs.id', 'results.run_id')
    .select(['rig', 'outcome', 'says'])
    .select((build) => [
      build.fn.count('test_id').distinct().as('tests'),
      build.fn.min('test_id').as('example'),
    ])
    .where(
      'run_id',
      'in',
      tonight.map(({ id }) => id),
    )
    .where('outcome', 'in', ['skipped', 'not run'])
    .groupBy(['rig', 'outcome', 'says'])
    .execute();
  if (rows.length === 0) return [];
  const names = await readTestNames(
    db,
    rows.map(({ example }) => example),
  );
  const unrun = rows.map(({ rig, outcome, says, tests, example }) => ({
    ...{ rig, outcome: outcome as 'skipped' | 'not run', tests: Number(tests) },
    ...{ reason: says ?? 'the run ended before', example: names.get(example)!.title },
  }));
  // Each database has an order of texts of its own.
  const nameOf = ({ rig, reason }: Unrun): string => `${rig}\n${reason}`;
  return unrun.sort((a, b) => b.tests - a.tests || (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** Tests that said something in the last night before, and were not even planned in this one on the same rig. */
async function readNotPlanned(db: Kysely<Tables>, runs: readonly RunHead[], night: string): Promise<Unrun[]> {
  const all: Unrun[] = [];
  for (const rig of new Set(runs.map((run) => run.rig))) {
    const here = runs.filter((run) => run.rig === rig);
    const last = here.find((run) => run.night < night)?.night;
    const before = here.filter((run) => run.night === last).map(({ id }) => id);
    const now = here.filter((run) => run.night === night).map(({ id }) => id);
    if (before.length === 0) continue;
    const row = await db
      .selectFrom((build) =>
        build
          .selectFrom('results')
          .select('test_id')
          .where('run_id', 'in', before)
          .where('outcome', 'not in', ['skipped', 'not run'])
          .except((other) =>
            other
              .selectFrom('results')
              .select('test_id')
              .where('run_id', 'in', now.length === 0 ? [-1] : now),
          )
          .as('missing'),
      )
      .select((build) => [build.fn.countAll().as('tests'), build.fn.min('test_id').as('example')])
      .executeTakeFirstOrThrow();
    const tests = Number(row.tests);
    if (tests === 0) continue;
    const example = (await readTestNames(db, [row.example])).get(row.example)!.title;
    const reason =
      now.length === 0 ? `rig ${rig} had no run` : `no run had them; they ran in the night of ${last}`;
    all.push({ rig, outcome: 'not planned', reason, tests, example });
  }
  return all;
}

/** Each run of the night is compared with at most so many that have to be its equals. */
const MAX_EQUALS = 5;

async function readContradictions(
  db: Kysely<Tables>,
  runs: readonly RunHead[],
  tonight: readonly RunHead[],
): Promise<Contradiction[]> {
  const all = new Map<string, Contradiction>();
  for (const run of tonight) {
    const equals = runs.filter((other) => isOlder(other, run) && haveToBeEqual(run, other));
    // Two runs with one digest of everything have done the same.
    const suspects = equals.filter(({ digest, verdict }) => digest !== run.digest || verdict !== run.verdict);
    for (const other of suspects.slice(0, MAX_EQUALS))
      for (const { test, differs } of await readDifferences(db, run, other))
        if (!all.has(test.path)) all.set(test.path, { test, run, other, differs });
  }
  return [...all.values()];
}

const isOlder = (one: RunHead, than: RunHead): boolean =>
  one.started < than.started || (one.started === than.started && one.id < than.id);

function haveToBeEqual(one: RunHead, other: RunHead): boolean {
  const facts = ({ rig, rigHash, commit, seed, chip, versions }: RunHead): string =>
    JSON.stringify([rig, rigHash, commit, seed, chip, versions['h1-hil']]);
  // A tree with changes that are not committed may be any tree.
  return one.isRepeatable && !/dirty$|^unknown$/.test(one.commit) && facts(one) === facts(other);
}

async function readDifferences(
  db: Kysely<Tables>,
  run: RunHead,
  other: RunHead,
): Promise<Pick<Contradiction, 'test' | 'differs'>[]> {
  const told = ['pass', 'fail', 'inconclusive'];
  const rows = await db
    .selectFrom('results as a')
    .innerJoin('results as b', (join) =>
      join.onRef('a.test_id', '=', 'b.test_id').onRef('a.repetition', '=', 'b.repetition'),
    )
    .innerJoin('tests', 'tests.id', 'a.test_id')
    .select(['path', 'suite', 'profile', 'title', 'a.outcome as now', 'b.outcome as then'])
    .where('a.run_id', '=', run.id)
    .where('b.run_id', '=', other.id)
    .where('a.outcome', 'in', told)
    .where('b.outcome', 'in', told)
    .where(sql<boolean>`(a.outcome <> b.outcome or a.digest <> b.digest)`)
    .execute();
  return rows.map(({ now, then, ...test }) => ({ test, differs: now === then ? 'digest' : 'outcome' }));
}

async function readMeasured(
  db: Kysely<Tables>,
  runs: readonly RunHead[],
  tonight: readonly RunHead[],
): Promise<MeasuredTwice[]> {
  const pairs: { readonly run: RunHead; readonly before: RunHead }[] = [];
  const kindOf = ({ rig, profiles }: RunHead): string => [rig, ...profiles].join('\n');
  const seen = new Set<string>();
  for (const run of tonight) {
    if (seen.has(kindOf(run))) continue;
    seen.add(kindOf(run));
    const before = runs.find((other) => other.night < run.night && kindOf(other) === kindOf(run));
    if (before !== undefined) pairs.push({ run, before });
  }
  const measures = await readMeasures(db, [
    ...new Set(pairs.flatMap(({ run, before }) => [run.id, before.id])),
  ]);
  return pairs.map(({ run, before }) => ({
    ...{ run, before, now: measures.get(run.id) ?? [], then: measures.get(before.id) ?? [] },
  }));
}
