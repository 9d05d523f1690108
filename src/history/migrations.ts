import type { ColumnDataType, CreateTableBuilder, Kysely, Transaction } from 'kysely';
import { sql } from 'kysely';
import { NoHistory } from './errors.ts';
import type { Tables } from './schema.ts';

/** How each kind of database names its tables, and keeps two writers from migrating at once. */
export interface Kind {
  readonly name: 'SQLite' | 'PostgreSQL';
  readonly hasTable: (db: Kysely<Tables>, name: string) => Promise<boolean>;
  readonly lockForMigration: (trx: Transaction<Tables>) => Promise<void>;
}

type Migration = (db: Kysely<Tables>, kind: Kind) => Promise<void>;

/** Each brings the schema to the next version; what was released once never changes. */
const MIGRATIONS: readonly Migration[] = [firstSchema, healthAndJobs];

/** The version that this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the schema to the version of this program, one writer at a time. Nothing is locked when it is there already.
 * @throws NoHistory when a newer h1-hil wrote it, or the database is of something else
 */
export async function migrate(db: Kysely<Tables>, kind: Kind, place: string): Promise<void> {
  if ((await versionOf(db, kind, place)) === SCHEMA_VERSION) return;
  await db.transaction().execute(async (trx) => {
    await kind.lockForMigration(trx);
    const version = await versionOf(trx, kind, place);
    // Only with the lock: without it, another writer may make the tables between two looks.
    if (version === 0 && (await kind.hasTable(trx, 'runs')))
      throw new NoHistory(
        `${place} has a table runs that is not of a history of h1-hil: name another database.`,
      );
    for (const step of MIGRATIONS.slice(version)) await step(trx, kind);
    if (version === 0) await trx.insertInto('schema_version').values({ version: SCHEMA_VERSION }).execute();
    else await trx.updateTable('schema_version').set({ version: SCHEMA_VERSION }).execute();
  });
}

/** 0 where no history is. */
async function versionOf(db: Kysely<Tables>, { hasTable }: Kind, place: string): Promise<number> {
  if (!(await hasTable(db, 'schema_version'))) return 0;
  const { version } = await db.selectFrom('schema_version').select('version').executeTakeFirstOrThrow();
  if (version <= SCHEMA_VERSION) return version;
  throw new NoHistory(
    `${place} was written by a newer h1-hil: its schema is version ${version}, and this one knows ${SCHEMA_VERSION}. Use the newer h1-hil.`,
  );
}

async function firstSchema(db: Kysely<Tables>, kind: Kind): Promise<void> {
  await db.schema.createTable('schema_version').addColumn('version', 'integer', required).execute();
  await numbered(db, kind, 'runs', [
    ['run', 'text'],
    ['night', 'text'],
    ['started_ms', 'bigint'],
    ['ended_ms', 'bigint'],
    ...(['host', 'user_name', 'rig', 'rig_hash'] as const).map((name) => [name, 'text'] as const),
    ['fingerprint', 'text', 'may be null'],
    ...(['chip', 'commit_id', 'versions', 'profiles'] as const).map((name) => [name, 'text'] as const),
    ['seed', 'bigint'],
    ['is_repeatable', 'integer'],
    ['verdict', 'text'],
    ['because', 'text'],
    ...(['passed', 'failed', 'skipped', 'not_run'] as const).map((name) => [name, 'integer'] as const),
    ['digest', 'text', 'may be null'],
    ['duration_ms', 'bigint'],
    ['again', 'text'],
    ['folder', 'text'],
  ]);
  await numbered(db, kind, 'tests', [
    ['path', 'text'],
    ['suite', 'text'],
    ['profile', 'text'],
    ['title', 'text'],
  ]);
  await numbered(db, kind, 'signatures', [
    ['hash', 'text'],
    ['fault', 'text'],
    ['rule', 'text'],
    ['error', 'text'],
    ['place', 'text'],
  ]);
  await tablesOfRuns(db);
  await addIndexes(db);
}

/** What is known of each rig, and the job of a night that asked for a run. */
async function healthAndJobs(db: Kysely<Tables>, kind: Kind): Promise<void> {
  await numbered(db, kind, 'rig_health', [
    ...(['rig', 'host', 'state', 'reason', 'set_by'] as const).map((name) => [name, 'text'] as const),
    ['at_ms', 'bigint'],
    ['fingerprint', 'text', 'may be null'],
    ['rungs', 'text'],
  ]);
  await db.schema.createIndex('health_of_rig').on('rig_health').columns(['rig', 'host']).execute();
  await db.schema.alterTable('runs').addColumn('job', 'text').execute();
  await db.schema.createIndex('runs_of_job').on('runs').columns(['job', 'rig']).execute();
}

async function tablesOfRuns(db: Kysely<Tables>): Promise<void> {
  await ofRun(db, 'results', [
    ['test_id', 'integer'],
    ['repetition', 'integer'],
    ['outcome', 'text'],
    ['fault', 'text', 'may be null'],
    ['signature_id', 'integer', 'may be null'],
    ['ms', 'bigint'],
    ...(['digest', 'says', 'again'] as const).map((name) => [name, 'text', 'may be null'] as const),
  ]);
  await ofRun(db, 'cells', [
    ['table_name', 'text'],
    ['row_name', 'text'],
    ['profile', 'text'],
    ['shown', 'text'],
    ['tone', 'text', 'may be null'],
  ]);
  await ofRun(db, 'measures', [
    ['name', 'text'],
    ['unit', 'text'],
    ['limit_text', 'text', 'may be null'],
    ['count', 'bigint'],
    ...(['least', 'median', 'most'] as const).map((name) => [name, 'double precision'] as const),
    ['margin', 'double precision', 'may be null'],
    ['worst_in', 'text'],
    ['medians', 'text'],
  ]);
}

async function addIndexes(db: Kysely<Tables>): Promise<void> {
  const index = (
    name: string,
    table: keyof Tables,
    columns: readonly string[],
    isUnique = false,
  ): Promise<void> => {
    const builder = db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns]);
    return (isUnique ? builder.unique() : builder).execute();
  };
  await index('runs_by_name', 'runs', ['run'], true);
  await index('runs_by_night', 'runs', ['night']);
  await index('runs_by_start', 'runs', ['started_ms']);
  await index('tests_by_path', 'tests', ['path'], true);
  await index('signatures_by_hash', 'signatures', ['hash'], true);
  await index('results_once', 'results', ['run_id', 'test_id', 'repetition'], true);
  await index('results_of_test', 'results', ['test_id', 'run_id']);
  await index('cells_of_run', 'cells', ['run_id']);
  await index('measures_of_run', 'measures', ['run_id']);
  // Few results fail, and what is new is asked of these.
  for (const [name, column] of [
    ['results_failed', 'test_id'],
    ['results_of_signature', 'signature_id'],
  ] as const)
    await sql`create index ${sql.ref(name)} on results (${sql.ref(column)}, run_id) where signature_id is not null`.execute(
      db,
    );
}

type Column = readonly [name: string, type: ColumnDataType, isOptional?: 'may be null'];

const required: Parameters<CreateTableBuilder<string>['addColumn']>[2] = (column) => column.notNull();

async function numbered(
  db: Kysely<Tables>,
  kind: Kind,
  name: string,
  columns: readonly Column[],
): Promise<void> {
  const table = db.schema
    .createTable(name)
    .addColumn('id', kind.name === 'SQLite' ? 'integer' : 'serial', (column) => column.primaryKey());
  await withColumns(table, columns).execute();
}

async function ofRun(db: Kysely<Tables>, name: string, columns: readonly Column[]): Promise<void> {
  const table = db.schema
    .createTable(name)
    .addColumn('run_id', 'integer', (column) => column.notNull().references('runs.id').onDelete('cascade'));
  await withColumns(table, columns).execute();
}

const withColumns = (
  table: CreateTableBuilder<string, string>,
  columns: readonly Column[],
): CreateTableBuilder<string, string> =>
  columns.reduce(
    (all, [name, type, isOptional]) => all.addColumn(name, type, isOptional ? undefined : required),
    table,
  );
