import type { Generated } from 'kysely';

/** A run: one row. Lists and tables of texts are JSON, so that any tool can read them. */
interface RunRow {
  readonly id: Generated<number>;
  readonly run: string;
  readonly night: string;
  readonly started_ms: number;
  readonly ended_ms: number;
  readonly host: string;
  readonly user_name: string;
  readonly rig: string;
  readonly rig_hash: string;
  readonly fingerprint: string | null;
  readonly chip: string;
  readonly commit_id: string;
  readonly versions: string;
  readonly profiles: string;
  readonly seed: number;
  /** 1 when time is simulated. */
  readonly is_repeatable: number;
  readonly verdict: string;
  readonly because: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly not_run: number;
  readonly digest: string | null;
  readonly duration_ms: number;
  readonly again: string;
  readonly folder: string;
  /** The job of a night that asked for it. */
  readonly job: string | null;
}

interface TestRow {
  readonly id: Generated<number>;
  readonly path: string;
  readonly suite: string;
  readonly profile: string;
  readonly title: string;
}

interface SignatureRow {
  readonly id: Generated<number>;
  readonly hash: string;
  readonly fault: string;
  readonly rule: string;
  readonly error: string;
  readonly place: string;
}

interface ResultRow {
  readonly run_id: number;
  readonly test_id: number;
  readonly repetition: number;
  readonly outcome: string;
  readonly fault: string | null;
  readonly signature_id: number | null;
  readonly ms: number;
  readonly digest: string | null;
  readonly says: string | null;
  readonly again: string | null;
}

interface CellRow {
  readonly run_id: number;
  readonly table_name: string;
  readonly row_name: string;
  readonly profile: string;
  readonly shown: string;
  readonly tone: string | null;
}

interface MeasureRow {
  readonly run_id: number;
  readonly name: string;
  readonly unit: string;
  readonly limit_text: string | null;
  readonly count: number;
  readonly least: number;
  readonly median: number;
  readonly most: number;
  readonly margin: number | null;
  readonly worst_in: string;
  readonly medians: string;
}

/** What somebody, or a canary, said of a rig. The newest row of a rig on a host holds. */
interface HealthRow {
  readonly id: Generated<number>;
  readonly rig: string;
  readonly host: string;
  readonly state: string;
  readonly reason: string;
  readonly set_by: string;
  readonly at_ms: number;
  /** As JSON; null when nobody looked at the rig. */
  readonly fingerprint: string | null;
  /** Rungs of the recovery that were taken, as JSON. */
  readonly rungs: string;
}

/** The tables of a history. */
export interface Tables {
  readonly schema_version: { readonly version: number };
  readonly runs: RunRow;
  readonly tests: TestRow;
  readonly signatures: SignatureRow;
  readonly results: ResultRow;
  readonly cells: CellRow;
  readonly measures: MeasureRow;
  readonly rig_health: HealthRow;
}
