import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Kind } from './migrations.ts';
import type { Tables } from './schema.ts';

/** Maximum time for a connection, and for one statement, in milliseconds. */
const CONNECT_MS = 10_000;
const STATEMENT_MS = 60_000;
/** Number of the lock that migrations take: any number that nobody else takes. */
const MIGRATION_LOCK = 4_832_011;

/** A server for many hosts. */
export const POSTGRES: Kind = {
  name: 'PostgreSQL',
  // A look into the catalogue and no to_regclass, whose cache may be older than the lock for the migration.
  hasTable: async (db, name) => {
    const found = sql`select 1 from pg_tables where schemaname = any(current_schemas(false)) and tablename = ${name}`;
    return (await found.execute(db)).rows.length > 0;
  },
  lockForMigration: async (trx) => {
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(trx);
  },
};

/** @param url `postgres://user:password@host:port/database` */
export async function openPostgres(url: string): Promise<Kysely<Tables>> {
  const { default: pg } = await import('pg');
  // Counts and times of 64 bits fit a number here; the driver would give texts.
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    ...{ connectionString: url, types, max: 2, application_name: 'h1-hil' },
    ...{ connectionTimeoutMillis: CONNECT_MS, statement_timeout: STATEMENT_MS },
  });
  // A server that goes away ends the statement that waits for it, and not the program.
  pool.on('error', () => undefined);
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** The URL as it may be shown: without its password. */
export function withoutPassword(url: string): string {
  try {
    const shown = new URL(url);
    if (shown.password !== '') shown.password = '***';
    shown.searchParams.delete('password');
    return shown.href;
  } catch {
    return url.replace(/:[^:@/]*@/, ':***@');
  }
}
