import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunSummary } from '../report/summary.ts';
import type { SoakState } from '../report/soaks.ts';
import { undecidedSoaks } from '../report/soaks.ts';
import { readSummary } from '../report/summary.ts';
import { UsageError } from '../units/index.ts';
import { OUT } from './run-folder.ts';

/** What is run again of an earlier run. */
export interface LastRun extends Pick<RunSummary, 'seed' | 'profiles'> {
  readonly folder: string;
  /** Its soaks that were not decided. */
  readonly soaks: readonly SoakState[];
  readonly claim: RunSummary['selection']['claim'];
  readonly drivers: readonly string[];
  /** Tests that failed or were not run, a line each as the test runner reads them. */
  readonly tests: readonly string[];
}

/**
 * The last run on a rig: the newest in the project's own folder of reports, or the one of the folder that is given.
 * @throws UsageError when there is none, or all of its tests passed or were skipped.
 */
export function lastRunOn(rig: string, report: string | undefined): LastRun {
  const folders = report === undefined ? newestFirst() : [resolve(report)];
  const [at, summary] =
    folders
      .map((folder) => [folder, readSummary(folder)] as const)
      .find(([, one]) => one?.rig === rig && Array.isArray(one.planned)) ?? [];
  if (at === undefined || summary === undefined)
    throw new UsageError(
      `There is no run on rig ${rig} in ${report ?? OUT}, so nothing failed in it. Run without --last-failed first, or name the folder of its report: --report FOLDER.`,
    );
  const tests = summary.planned.filter(({ outcome }) => outcome === 'failed' || outcome === 'not run');
  if (tests.length === 0)
    throw new UsageError(
      `The last run on rig ${rig}, of ${summary.start}, has no test that failed or was not run. Run without --last-failed.`,
    );
  const { seed, profiles, selection } = summary;
  return {
    ...{ seed, profiles, folder: selection.folder, drivers: selection.drivers },
    ...{ soaks: undecidedSoaks(at), claim: selection.claim },
    tests: [...new Set(tests.map(({ path }) => lineOf(path)))],
  };
}

/** `[profile] › file › title`, from the titles of a test from the top. A repetition stands for its test. */
const lineOf = (path: string): string => {
  const [profile, ...titles] = path
    .replace(REPETITION, '')
    .split(' › ')
    .filter((part) => part !== '');
  return [`[${profile}]`, ...titles].join(' › ');
};

/** What the journal adds to the path of a test that is run several times. */
const REPETITION = / \(repetition \d+\)$/;

function newestFirst(): string[] {
  try {
    return readdirSync(OUT)
      .filter((name) => /^\d{4}-/.test(name))
      .sort()
      .reverse()
      .map((name) => join(OUT, name));
  } catch {
    return [];
  }
}
