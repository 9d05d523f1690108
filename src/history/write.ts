import type { Insertable, Kysely, Transaction } from 'kysely';
import type { ResultRecord, RunRecord } from './record.ts';
import type { Tables } from './schema.ts';

/** Rows that go to the database in one statement. */
const ROWS = 300;

/**
 * Writes a run whole or not at all. When it returns, the run is on the disk.
 * @returns false when the run is there already; then nothing is changed
 */
export async function writeRun(db: Kysely<Tables>, record: RunRecord): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto('runs')
      .values(runRow(record))
      .onConflict((conflict) => conflict.column('run').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (inserted === undefined) return false;
    const { id } = inserted;
    const tests = await idsOfTests(trx, record.results);
    const signatures = await idsOfSignatures(trx, record.results);
    await insert(trx, 'results', resultRows(id, record.results, tests, signatures));
    await insert(
      trx,
      'cells',
      record.cells.map(({ table, row, profile, text, tone }) => ({
        ...{ run_id: id, table_name: table, row_name: row, profile, shown: text, tone },
      })),
    );
    await insert(
      trx,
      'measures',
      record.measures.map(({ limit, worstIn, medians, ...rest }) => ({
        ...{ run_id: id, ...rest, limit_text: limit, worst_in: worstIn, medians: JSON.stringify(medians) },
      })),
    );
    return true;
  });
}

const runRow = (record: RunRecord): Insertable<Tables['runs']> => ({
  ...{ run: record.run, night: record.night, started_ms: record.started, ended_ms: record.ended },
  ...{ host: record.host, user_name: record.user, rig: record.rig, rig_hash: record.rigHash },
  ...{ fingerprint: record.fingerprint, chip: record.chip, commit_id: record.commit },
  ...{ versions: JSON.stringify(record.versions), profiles: JSON.stringify(record.profiles) },
  ...{ seed: record.seed, is_repeatable: record.isRepeatable ? 1 : 0 },
  ...{ verdict: record.verdict, because: JSON.stringify(record.because) },
  ...{ passed: record.passed, failed: record.failed, skipped: record.skipped, not_run: record.notRun },
  ...{ digest: record.digest, duration_ms: Math.round(record.durationMs) },
  ...{ again: record.again, folder: record.folder, job: record.job },
});

function resultRows(
  run: number,
  results: readonly ResultRecord[],
  tests: ReadonlyMap<string, number>,
  signatures: ReadonlyMap<string, number>,
): Insertable<Tables['results']>[] {
  return results.map(({ test, signature, ms, ...rest }) => ({
    ...{ run_id: run, test_id: tests.get(test.path)!, ...rest, ms: Math.round(ms) },
    signature_id: signature === null ? null : signatures.get(signature.hash)!,
  }));
}

/** Names are written in one order by every writer, so that no two wait for each other. */
const inOrder = <T>(all: ReadonlyMap<string, T>): (readonly [string, T])[] =>
  [...all].sort(([a], [b]) => (a < b ? -1 : 1));

async function idsOfTests(
  trx: Transaction<Tables>,
  results: readonly ResultRecord[],
): Promise<ReadonlyMap<string, number>> {
  const names = inOrder(new Map(results.map(({ test }) => [test.path, test])));
  const ids = new Map<string, number>();
  const look = async (paths: readonly string[]): Promise<void> => {
    const rows = await trx.selectFrom('tests').select(['id', 'path']).where('path', 'in', paths).execute();
    for (const { id, path } of rows) ids.set(path, id);
  };
  for (const part of parts(names)) {
    await look(part.map(([path]) => path));
    const missing = part.filter(([path]) => !ids.has(path));
    if (missing.length === 0) continue;
    await trx
      .insertInto('tests')
      .values(missing.map(([path, { suite, profile, title }]) => ({ path, suite, profile, title })))
      .onConflict((conflict) => conflict.column('path').doNothing())
      .execute();
    await look(missing.map(([path]) => path));
  }
  return ids;
}

async function idsOfSignatures(
  trx: Transaction<Tables>,
  results: readonly ResultRecord[],
): Promise<ReadonlyMap<string, number>> {
  const all = results.flatMap(({ signature }) =>
    signature === null ? [] : [[signature.hash, signature] as const],
  );
  const ids = new Map<string, number>();
  for (const part of parts(inOrder(new Map(all)))) {
    await trx
      .insertInto('signatures')
      .values(part.map(([, signature]) => signature))
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute();
    const rows = await trx
      .selectFrom('signatures')
      .select(['id', 'hash'])
      .where(
        'hash',
        'in',
        part.map(([hash]) => hash),
      )
      .execute();
    for (const { id, hash } of rows) ids.set(hash, id);
  }
  return ids;
}

async function insert<Name extends 'results' | 'cells' | 'measures'>(
  trx: Transaction<Tables>,
  table: Name,
  rows: readonly Insertable<Tables[Name]>[],
): Promise<void> {
  for (const part of parts(rows)) await trx.insertInto(table).values(part).execute();
}

function* parts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += ROWS) yield all.slice(at, at + ROWS);
}
