import { resolve } from 'node:path';
import type { Job, Task } from '../lab/index.ts';
import { HOST } from '../lab/index.ts';

/** What is known of one run before it begins. */
export interface NightRun {
  readonly task: Task;
  readonly rig: string;
  readonly seed: number;
  /** Folder of its report. */
  readonly folder: string;
  readonly limitMs: number;
  /** Where its result is kept; undefined for nowhere. */
  readonly history: string | undefined;
  /** Tests that a simulated rig runs at the same time. */
  readonly jobs: number;
}

/** The words of `h1-hil` that run a task. */
export function wordsOf(run: NightRun): string[] {
  const { job } = run.task;
  if (job.explore !== undefined) return exploreWords(job.explore, run);
  if (job.sweep !== undefined) return sweepWords(job.sweep);
  return runWords(job, run);
}

/** What the user would type for a task, without what the night adds. */
export const suiteWords = (job: Job, rig: string): string[] => [
  ...(job.suites ?? []),
  ...['--rig', rig],
  ...(job.drivers === undefined ? [] : ['--profile', ...job.drivers]),
  ...(job.grep === undefined ? [] : ['--grep', job.grep]),
  ...(job.claim === undefined
    ? []
    : ['--below', String(job.claim.below), '--confidence', String(job.claim.confidence)]),
  ...(job.for === undefined ? [] : ['--for', job.for]),
];

const runWords = (job: Job, { rig, seed, folder, limitMs, history, jobs }: NightRun): string[] => [
  ...['run', ...suiteWords(job, rig), '--canary', '--job', job.name, '--seed', String(seed)],
  ...['--report', folder, '--limit', `${Math.max(1, Math.floor(limitMs / 1000))}s`],
  ...['--history', history ?? 'none', '--jobs', String(jobs), '--json'],
];

const exploreWords = (
  { minutes, drivers }: NonNullable<Job['explore']>,
  { seed, folder, limitMs, jobs }: NightRun,
): string[] => [
  ...[
    'explore',
    '--keep-going',
    '--procedures',
    '9999999',
    '--seed',
    String(seed),
    '--json',
    '--out',
    folder,
  ],
  ...[
    '--minutes',
    String(Math.max(1, Math.floor(Math.min(minutes, limitMs / 60_000)))),
    '--jobs',
    String(jobs),
  ],
  ...(drivers === undefined ? [] : ['--driver', ...drivers]),
];

const sweepWords = ({ procedure, axis, drivers, repeats }: NonNullable<Job['sweep']>): string[] => [
  ...['sweep', resolve(procedure), '--axis', ...axis, '--json'],
  ...(drivers === undefined ? [] : ['--driver', ...drivers]),
  ...(repeats === undefined ? [] : ['--repeats', String(repeats)]),
];

/** Whether a task runs suites, which write their own history. */
export const runsSuites = ({ fits }: Task): boolean => !fits.includes(HOST);
