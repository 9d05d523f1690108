import type { RunSettings } from '../rig/index.ts';

/** What decides how mutants are run. */
export interface MutantSettings {
  readonly folder: string;
  readonly seed: number;
  readonly profiles: readonly string[];
  /** Names of suites; all when empty. */
  readonly suites: readonly string[];
  readonly twin: NonNullable<RunSettings['twin']>;
  /** Time of all tests of one mutant in a healthy run. */
  readonly testsMs: number;
  /** Runners, or workers of one, at the same time. */
  readonly jobs: number;
  /** Every mutant is judged in runners of its own, as by a whole run. */
  readonly isAlone?: boolean;
  readonly tell: (text: string) => void;
}
