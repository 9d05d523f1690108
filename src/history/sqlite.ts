import { closeSync, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'libsql';
import { CompiledQuery, Kysely, sql, SqliteDialect, SqliteDriver } from 'kysely';
import type { DatabaseConnection, Driver, SqliteDialectConfig } from 'kysely';
import { HistoryUnusable, NoHistory } from './errors.ts';
import type { Kind } from './migrations.ts';
import type { Tables } from './schema.ts';

/** Maximum time that a writer waits for the others, in milliseconds. One run is written in a few hundredths of a second. */
const WAIT_MS = 30_000;

/** A transaction asks for the right to write at its beginning: asked for later, it can be refused without a wait. */
class WritingDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

class WritingDialect extends SqliteDialect {
  constructor(private readonly config: SqliteDialectConfig) {
    super(config);
  }

  override createDriver(): Driver {
    return new WritingDriver(this.config);
  }
}

/** A database in one file. The right to write that a transaction has is the lock for its migration. */
export const SQLITE: Kind = {
  name: 'SQLite',
  hasTable: async (db, name) => {
    const found = sql`select 1 from sqlite_master where type = 'table' and name = ${name}`;
    return (await found.execute(db)).rows.length > 0;
  },
  lockForMigration: () => Promise.resolve(),
};

/**
 * Opens the file, and makes it when it is missing and may be made.
 * @throws NoHistory when there is no such file, or it is no database; HistoryUnusable when this machine has no SQLite
 */
export async function openSqlite(file: string, mayMake: boolean): Promise<Kysely<Tables>> {
  if (!existsSync(file)) {
    if (!mayMake) throw new NoHistory(`There is no history in ${file}: h1-hil run writes it.`);
    mkdirSync(dirname(file), { recursive: true });
  } else if (!isDatabase(file))
    throw new NoHistory(`${file} is no SQLite database, so no history can be in it: name another file.`);
  const database = new (await libsql())(file, { timeout: WAIT_MS });
  // One file is the whole history: it can be copied while nobody writes, and a killed writer leaves nothing undone.
  database.exec(`pragma busy_timeout = ${WAIT_MS}`);
  database.exec('pragma synchronous = full');
  database.exec('pragma foreign_keys = on');
  return new Kysely<Tables>({ dialect: new WritingDialect({ database }) });
}

async function libsql(): Promise<typeof Database> {
  try {
    return (await import('libsql')).default;
  } catch (cause) {
    throw new HistoryUnusable(
      `This machine (${process.platform} ${process.arch}) has no SQLite for the history: use a PostgreSQL, --history postgres://..., or --history none.`,
      { cause },
    );
  }
}

const MAGIC = 'SQLite format 3\u0000';

/** A file of no bytes is a database in which nothing is yet. */
function isDatabase(file: string): boolean {
  const head = Buffer.alloc(MAGIC.length);
  const descriptor = openSync(file, 'r');
  try {
    const length = readSync(descriptor, head);
    return length === 0 || head.toString('latin1') === MAGIC;
  } finally {
    closeSync(descriptor);
  }
}
