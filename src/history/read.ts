import type { Kysely, Selectable } from 'kysely';
import type { FailureClass } from '../report/attribution.ts';
import type { Verdict } from '../report/summary.ts';
import type { CellRecord, MeasureRecord, Outcome, ResultRecord, RunRecord } from './record.ts';
import type { Tables } from './schema.ts';

/** A run without its results, tables and measures. */
export type RunHead = Omit<RunRecord, 'results' | 'cells' | 'measures'> & {
  /** Its number in the history. */
  readonly id: number;
};

/** Which runs are asked for; all without any. */
export interface RunFilter {
  readonly rig?: string | undefined;
  /** Nights, both ends included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The newest so many. */
  readonly most?: number | undefined;
}

/** Runs, the newest first. */
export async function readHeads(db: Kysely<Tables>, { rig, from, to, most }: RunFilter): Promise<RunHead[]> {
  let query = db.selectFrom('runs').selectAll().orderBy('started_ms', 'desc').orderBy('id', 'desc');
  if (rig !== undefined) query = query.where('rig', '=', rig);
  if (from !== undefined) query = query.where('night', '>=', from);
  if (to !== undefined) query = query.where('night', '<=', to);
  if (most !== undefined) query = query.limit(most);
  return (await query.execute()).map(headOf);
}

/** The runs whose id begins so, the newest first. */
export async function readByName(db: Kysely<Tables>, beginning: string): Promise<RunHead[]> {
  // The next text after all that begin so: ids are letters of ASCII, so no sign stands behind this one.
  const rows = await db
    .selectFrom('runs')
    .selectAll()
    .where('run', '>=', beginning)
    .where('run', '<', `${beginning}\u007f`)
    .orderBy('started_ms', 'desc')
    .execute();
  return rows.filter(({ run }) => run.startsWith(beginning)).map(headOf);
}

/** All that is known of a run. */
export async function readWhole(db: Kysely<Tables>, { id, ...head }: RunHead): Promise<RunRecord> {
  const [results, cells, measures] = [
    await readResults(db, id),
    await db.selectFrom('cells').selectAll().where('run_id', '=', id).execute(),
    await db.selectFrom('measures').selectAll().where('run_id', '=', id).execute(),
  ];
  return {
    ...head,
    results,
    cells: cells.map(({ table_name, row_name, profile, shown, tone }): CellRecord => ({
      ...{ table: table_name, row: row_name, profile, text: shown, tone },
    })),
    measures: measures.map(measureOf),
  };
}

/** What one run measured, of every run that is asked for. */
export async function readMeasures(
  db: Kysely<Tables>,
  runs: readonly number[],
): Promise<ReadonlyMap<number, readonly MeasureRecord[]>> {
  if (runs.length === 0) return new Map();
  const rows = await db.selectFrom('measures').selectAll().where('run_id', 'in', runs).execute();
  const all = new Map<number, MeasureRecord[]>();
  for (const row of rows) {
    const ofRun = all.get(row.run_id) ?? [];
    all.set(row.run_id, ofRun);
    ofRun.push(measureOf(row));
  }
  return all;
}

async function readResults(db: Kysely<Tables>, run: number): Promise<ResultRecord[]> {
  const rows = await db
    .selectFrom('results')
    .innerJoin('tests', 'tests.id', 'results.test_id')
    .leftJoin('signatures', 'signatures.id', 'results.signature_id')
    .select(['suite', 'profile', 'title', 'path', 'repetition', 'outcome', 'ms', 'digest', 'says', 'again'])
    .select(['results.fault as fault', 'hash', 'rule', 'error', 'place'])
    .where('run_id', '=', run)
    .orderBy('results.test_id')
    .orderBy('repetition')
    .execute();
  return rows.map(({ suite, profile, title, path, hash, rule, error, place, ...row }) => ({
    test: { suite, profile, title, path },
    ...{ repetition: row.repetition, ms: row.ms, digest: row.digest, says: row.says, again: row.again },
    ...{ outcome: row.outcome as Outcome, fault: row.fault as FailureClass | null },
    signature:
      hash === null
        ? null
        : { hash, fault: row.fault as FailureClass, rule: rule!, error: error!, place: place! },
  }));
}

function headOf(row: Selectable<Tables['runs']>): RunHead {
  return {
    ...{ id: row.id, run: row.run, night: row.night, started: row.started_ms, ended: row.ended_ms },
    ...{ host: row.host, user: row.user_name, rig: row.rig, rigHash: row.rig_hash },
    ...{ fingerprint: row.fingerprint, chip: row.chip, commit: row.commit_id },
    versions: JSON.parse(row.versions) as Record<string, string>,
    profiles: JSON.parse(row.profiles) as string[],
    ...{ seed: row.seed, isRepeatable: row.is_repeatable === 1, verdict: row.verdict as Verdict },
    because: JSON.parse(row.because) as string[],
    ...{ passed: row.passed, failed: row.failed, skipped: row.skipped, notRun: row.not_run },
    ...{
      digest: row.digest,
      durationMs: row.duration_ms,
      again: row.again,
      folder: row.folder,
      job: row.job,
    },
  };
}

const measureOf = (row: Selectable<Tables['measures']>): MeasureRecord => ({
  ...{ name: row.name, unit: row.unit, limit: row.limit_text, count: row.count },
  ...{ least: row.least, median: row.median, most: row.most, margin: row.margin, worstIn: row.worst_in },
  medians: JSON.parse(row.medians) as Record<string, number>,
});
