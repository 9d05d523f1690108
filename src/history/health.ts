import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

/**
 * How a rig is. `good`: its last canary passed. `unknown`: nobody has looked yet. `looping`: only canaries run on it, until
 * somebody believes it. `bad`: its canary failed. `maintenance` and `retired`: a person has taken it out.
 */
export const HEALTH_STATES = ['good', 'unknown', 'looping', 'bad', 'maintenance', 'retired'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/** Something of a rig that is measured, and by which share it may differ from the last time. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly tolerance: number;
}

/** What a canary found of a rig. */
export interface Fingerprint {
  /** SHA-256 of the facts, the first 16 hexadecimal digits. Figures are not in it, since they are never twice the same. */
  readonly hash: string;
  /** Each fact by its name: what it can do, levels at rest, versions. */
  readonly facts: Readonly<Record<string, string>>;
  readonly figures: Readonly<Record<string, Figure>>;
}

/** What was said of a rig on a host. */
export interface HealthRecord {
  readonly rig: string;
  readonly host: string;
  readonly state: HealthState;
  readonly reason: string;
  /** A user, or `canary`. */
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly fingerprint: Fingerprint | null;
  /** Rungs of the recovery that were taken, the last one as the one that helped when the rig is good. */
  readonly rungs: readonly string[];
}

/** Which rigs; all without. */
export interface HealthFilter {
  readonly rig?: string | undefined;
  readonly host?: string | undefined;
}

/** Adds a row: what was said before stays in the history. */
export async function writeHealth(db: Kysely<Tables>, record: HealthRecord): Promise<void> {
  const { rig, host, state, reason, by, at, fingerprint, rungs } = record;
  await db
    .insertInto('rig_health')
    .values({
      ...{ rig, host, state, reason, set_by: by, at_ms: at, rungs: JSON.stringify(rungs) },
      fingerprint: fingerprint === null ? null : JSON.stringify(fingerprint),
    })
    .execute();
}

/** The newest record of each rig on each host. */
export async function readHealth(db: Kysely<Tables>, { rig, host }: HealthFilter): Promise<HealthRecord[]> {
  let query = db.selectFrom('rig_health').selectAll();
  query = query.where('id', 'in', (build) =>
    build
      .selectFrom('rig_health')
      .select((newest) => newest.fn.max('id').as('id'))
      .groupBy(['rig', 'host']),
  );
  if (rig !== undefined) query = query.where('rig', '=', rig);
  if (host !== undefined) query = query.where('host', '=', host);
  return (await query.orderBy('rig').orderBy('host').execute()).map(recordOf);
}

/** The newest record with a fingerprint in which the rig was good. */
export async function readLastGood(
  db: Kysely<Tables>,
  rig: string,
  host: string,
): Promise<HealthRecord | undefined> {
  const row = await db
    .selectFrom('rig_health')
    .selectAll()
    .where('rig', '=', rig)
    .where('host', '=', host)
    .where('state', '=', 'good')
    .where('fingerprint', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && recordOf(row);
}

const recordOf = (row: Selectable<Tables['rig_health']>): HealthRecord => ({
  ...{ rig: row.rig, host: row.host, reason: row.reason, by: row.set_by, at: row.at_ms },
  state: HEALTH_STATES.find((state) => state === row.state) ?? 'unknown',
  fingerprint: row.fingerprint === null ? null : (JSON.parse(row.fingerprint) as Fingerprint),
  rungs: JSON.parse(row.rungs) as string[],
});
