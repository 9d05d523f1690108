import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Breach, FailureClass } from './attribution.ts';
import type { Table } from './tables.ts';

/** What a run says as a whole; `no verdict` when the lab failed and not chip or driver. */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'no verdict' | 'interrupted';

/** One failed test of a run. */
export interface Failure {
  readonly suite: string;
  readonly profile: string;
  readonly title: string;
  /** Whose fault it is. */
  readonly class: FailureClass;
  /** The rule of attribution that decided, and by which evidence. */
  readonly rule: string;
  readonly because: string;
  /** The first sentence of what went wrong. */
  readonly message: string;
}

/** A rule that a test broke without having declared it; a test that failed has its own in its evidence. */
export interface Undeclared extends Breach {
  readonly suite: string;
  readonly profile: string;
  readonly title: string;
}

/** What one run came to; `summary.json` of the run's folder. */
export interface RunSummary {
  readonly verdict: Verdict;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Tests that were planned and never began, as when a run is interrupted. */
  readonly notRun: number;
  /** How many tests were skipped for each reason. */
  readonly skips: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  /** Breaches of rules in tests that passed, the first of each rule in each test. */
  readonly undeclared: readonly Undeclared[];
  /** What the suites measured, a column a profile; the first one counts the tests of each suite. */
  readonly tables: readonly Table[];
  /** SHA-256 over the frames, their order and their times, of every test of the run. */
  readonly digest: string;
  readonly rig: string;
  readonly profiles: readonly string[];
  readonly seed: number;
  readonly commit: string;
  /** The chip as it describes itself; empty when no board was opened. */
  readonly chip: string;
  readonly durationMs: number;
}

/** Name of the summary in a run's folder. */
export const SUMMARY_FILE = 'summary.json';

/** The summary of a run's folder; undefined when the run ended before there was one. */
export function readSummary(folder: string): RunSummary | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, SUMMARY_FILE), 'utf8')) as RunSummary;
  } catch {
    return undefined;
  }
}

/** One digest of many, whatever the order in which they came. */
export function combineDigests(digests: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [test, digest] of [...digests].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${test}\n${digest}\n`);
  return hash.digest('hex');
}
