import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Tables } from './schema.ts';

/** Which results count. */
export interface TrendFilter {
  readonly rig?: string | undefined;
  readonly suite?: string | undefined;
  readonly profile?: string | undefined;
  /** Part of the title. */
  readonly title?: string | undefined;
  /** The first night that counts. */
  readonly from?: string | undefined;
}

/** How a test went over the runs that count. */
export interface TestTrend {
  readonly suite: string;
  readonly profile: string;
  readonly title: string;
  readonly passed: number;
  readonly failed: number;
  /** Runs that could say nothing of chip and driver. */
  readonly withoutVerdict: number;
  readonly inconclusive: number;
  readonly skipped: number;
  readonly notRun: number;
  /** Mean wall time of those that ran, in milliseconds; null when none did. */
  readonly meanMs: number | null;
  /** When it last failed, in milliseconds since 1970; null when it never did. */
  readonly lastFailed: number | null;
}

/** How a rig did over the runs that count. */
export interface RigTrend {
  readonly rig: string;
  readonly host: string;
  readonly runs: number;
  readonly passed: number;
  readonly failed: number;
  /** Runs in which the lab failed, so that there was no verdict. */
  readonly withoutVerdict: number;
  /** When it last ran, in milliseconds since 1970. */
  readonly last: number;
  /** The chip that it last had. */
  readonly chip: string;
}

const countIf = (column: string, value: string): ReturnType<typeof sql<number>> =>
  sql<number>`sum(case when ${sql.ref(column)} = ${value} then 1 else 0 end)`;

/** Of each test, those first that failed most. */
export async function readTests(db: Kysely<Tables>, filter: TrendFilter): Promise<TestTrend[]> {
  const { rig, suite, profile, title, from } = filter;
  // Of a million results none is looked up elsewhere: they are counted first, and named afterwards.
  let results = db.selectFrom('results');
  if (rig !== undefined || from !== undefined) {
    let runs = db.selectFrom('runs').select('id');
    if (rig !== undefined) runs = runs.where('rig', '=', rig);
    if (from !== undefined) runs = runs.where('night', '>=', from);
    results = results.where('results.run_id', 'in', runs);
  }
  const counted = results
    .groupBy('results.test_id')
    .select([
      'results.test_id',
      countIf('results.outcome', 'pass').as('passed'),
      countIf('results.outcome', 'fail').as('failed'),
      countIf('results.outcome', 'no verdict').as('withoutVerdict'),
      countIf('results.outcome', 'inconclusive').as('inconclusive'),
      countIf('results.outcome', 'skipped').as('skipped'),
      countIf('results.outcome', 'not run').as('notRun'),
      sql<
        number | null
      >`avg(case when results.outcome in ('pass', 'fail', 'inconclusive') then results.ms end)`.as('meanMs'),
    ])
    .as('counted');
  // What failed has a signature, and few results have one.
  const failures = results
    .innerJoin('runs', 'runs.id', 'results.run_id')
    .where('results.signature_id', 'is not', null)
    .where('results.outcome', '=', 'fail')
    .groupBy('results.test_id')
    .select(['results.test_id', sql<number>`max(runs.started_ms)`.as('lastFailed')])
    .as('failures');
  let query = db
    .selectFrom(counted)
    .innerJoin('tests', 'tests.id', 'counted.test_id')
    .leftJoin(failures, 'failures.test_id', 'counted.test_id')
    .select(['tests.suite', 'tests.profile', 'tests.title'])
    .select(['passed', 'failed', 'withoutVerdict', 'inconclusive', 'skipped', 'notRun'])
    .select(['meanMs', 'failures.lastFailed']);
  if (suite !== undefined) query = query.where('tests.suite', '=', suite);
  if (profile !== undefined) query = query.where('tests.profile', '=', profile);
  if (title !== undefined)
    query = query.where(sql<boolean>`lower(tests.title) like ${likeOf(title)} escape '!'`);
  const rows = (await query.execute()).map(asNumbers);
  const byName = (a: TestTrend, b: TestTrend): number =>
    `${a.suite}\n${a.title}\n${a.profile}` < `${b.suite}\n${b.title}\n${b.profile}` ? -1 : 1;
  return rows.sort((a, b) => b.failed - a.failed || byName(a, b));
}

/** PostgreSQL gives a mean, and a sum of whole numbers, as a text of digits. */
function asNumbers(row: TestTrend): TestTrend {
  const isDigits = (value: unknown): boolean => typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
  const named: readonly string[] = ['suite', 'profile', 'title'];
  const values = Object.entries(row).map(([name, value]: readonly [string, unknown]) => [
    name,
    !named.includes(name) && isDigits(value) ? Number(value) : value,
  ]);
  return Object.fromEntries(values) as TestTrend;
}

const likeOf = (text: string): string => `%${text.toLowerCase().replace(/[!%_]/g, '!$&')}%`;

/** Of each rig on each host. */
export async function readRigs(db: Kysely<Tables>, { rig, from }: TrendFilter): Promise<RigTrend[]> {
  let query = db
    .selectFrom('runs')
    .select(['rig', 'host', 'chip', 'verdict', 'started_ms'])
    .orderBy('started_ms', 'asc');
  if (rig !== undefined) query = query.where('rig', '=', rig);
  if (from !== undefined) query = query.where('night', '>=', from);
  const all = new Map<string, RigTrend>();
  for (const row of await query.execute()) {
    const key = `${row.rig}\n${row.host}`;
    const none = { runs: 0, passed: 0, failed: 0, withoutVerdict: 0, chip: '' };
    const before = all.get(key) ?? { rig: row.rig, host: row.host, ...none, last: 0 };
    const is = (verdict: string): number => (row.verdict === verdict ? 1 : 0);
    all.set(key, {
      ...before,
      ...{ runs: before.runs + 1, passed: before.passed + is('pass'), failed: before.failed + is('fail') },
      withoutVerdict: before.withoutVerdict + is('no verdict'),
      ...{ last: row.started_ms, chip: row.chip === '' ? before.chip : row.chip },
    });
  }
  return [...all.values()].sort((a, b) => (`${a.rig}\n${a.host}` < `${b.rig}\n${b.host}` ? -1 : 1));
}
