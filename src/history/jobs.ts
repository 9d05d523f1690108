import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** The last run of a job on a rig. */
export interface LastOfJob {
  readonly job: string;
  readonly rig: string;
  readonly host: string;
  /** When it began, in milliseconds since 1970. */
  readonly started: number;
  readonly durationMs: number;
}

/** The last run of each job on each rig that came to a verdict: what was cut short says nothing of how long it takes. */
export async function readJobs(db: Kysely<Tables>): Promise<LastOfJob[]> {
  const rows = await db
    .selectFrom('runs')
    .select(['job', 'rig', 'host', 'started_ms', 'duration_ms'])
    .where('id', 'in', (build) =>
      build
        .selectFrom('runs')
        .select((newest) => newest.fn.max('id').as('id'))
        .where('job', 'is not', null)
        .where('verdict', 'in', ['pass', 'fail', 'inconclusive'])
        .groupBy(['job', 'rig', 'host']),
    )
    .execute();
  return rows.map(({ job, rig, host, started_ms, duration_ms }) => ({
    ...{ job: job!, rig, host, started: started_ms, durationMs: duration_ms },
  }));
}
