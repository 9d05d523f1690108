import type { RunSummary } from '../report/summary.ts';
import { readSummary } from '../report/summary.ts';
import { EXIT } from './exit-code.ts';

/** What failed in a stage of the project's own checks. */
export interface StageFailure {
  readonly title: string;
  /** The first line of what was seen. */
  readonly message: string;
  /** The command that runs it again. */
  readonly again?: string | undefined;
}

/** Number of tests of a stage by their result, and what failed. `failed` counts at least one when there are failures. */
export interface StageResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly StageFailure[];
}

/** The result of several stages. */
export const sumOf = (stages: readonly StageResult[]): StageResult => ({
  passed: total(stages, ({ passed }) => passed),
  failed: total(stages, ({ failed }) => failed),
  skipped: total(stages, ({ skipped }) => skipped),
  failures: stages.flatMap(({ failures }) => failures),
});

const total = (stages: readonly StageResult[], countOf: (stage: StageResult) => number): number =>
  stages.reduce((sum, stage) => sum + countOf(stage), 0);

/** The result of one command that is good when it ends with 0. */
export function checkResult(code: number, title: string): StageResult {
  if (code === EXIT.pass) return { passed: 1, failed: 0, skipped: 0, failures: [] };
  const message = `ended with code ${code}; what it said stands above, where it ran`;
  return { passed: 0, failed: 1, skipped: 0, failures: [{ title, message }] };
}

/** The result of a run of suites that ended with `code` and left its summary in `folder`. */
export function runResult(code: number, folder: string, title: string): StageResult {
  const summary = readSummary(folder);
  if (summary === undefined || (code !== EXIT.pass && summary.failures.length === 0))
    return sumOf([countsOf(summary), checkResult(code === EXIT.pass ? EXIT.failure : code, title)]);
  return countsOf(summary);
}

function countsOf(summary: RunSummary | undefined): StageResult {
  if (summary === undefined) return sumOf([]);
  const { passed, failed, skipped, failures } = summary;
  return {
    ...{ passed, skipped, failed: Math.max(failed, failures.length) },
    failures: failures.map(({ suite, profile, title, message, again }) => ({
      title: [suite, profile, title].filter((part) => part !== '').join(' · '),
      ...{ message, again },
    })),
  };
}

/** The failures of all stages, a title, a message and a command each; nothing when there are none. */
export const failureLines = (failures: readonly StageFailure[]): string[] =>
  failures.flatMap(({ title, message, again }) => [
    `failed  ${title}`,
    `        ${message}`,
    ...(again === undefined ? [] : [`        again: ${again}`]),
  ]);
