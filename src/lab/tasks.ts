import type { HealthRecord, LastOfJob } from '../history/index.ts';
import type { Rig } from '../rig/index.ts';
import { firmwareOf } from '../rig/index.ts';
import { UsageError } from '../units/index.ts';
import type { Job, Plan, Selector } from './plan.ts';

/** The name of this host, where a job needs no rig. */
export const HOST = 'this host';

/** A job that runs once: on one rig of those that fit. */
export interface Task {
  readonly id: string;
  readonly job: Job;
  /** Keys of the rigs that fit; HOST where none is needed. */
  readonly fits: readonly string[];
  /** When it last ran on one of these, in milliseconds since 1970; undefined when never. */
  readonly last: number | undefined;
  /** How long it then took; undefined when never. */
  readonly expectedMs: number | undefined;
  readonly rank: number;
}

/** What is known before a night begins. */
export interface Known {
  /** The rigs that there are. */
  readonly rigs: readonly Rig[];
  readonly health: readonly HealthRecord[];
  readonly lastRuns: readonly LastOfJob[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

const DAY_MS = 86_400_000;
/** A job that was not run for so many nights is as urgent as one that never was. */
const MAX_NIGHTS = 14;

/**
 * The tasks of a plan, the most urgent first: the value of the job, times the nights since it last ran on that rig.
 * @throws UsageError when a job names a rig that is not there, or no rig fits
 */
export function tasksOf({ jobs }: Plan, known: Known): Task[] {
  const tasks = jobs.flatMap((job) => placesOf(job, known).map((fits) => taskOf(job, fits, known)));
  // Equal ranks stay in the order of the plan.
  return tasks.sort((a, b) => b.rank - a.rank);
}

function taskOf(job: Job, fits: readonly string[], { lastRuns, now }: Known): Task {
  const runs = lastRuns
    .filter((run) => run.job === job.name && fits.includes(run.rig))
    .sort((a, b) => b.started - a.started);
  const last = runs[0]?.started;
  const nights = last === undefined ? MAX_NIGHTS : Math.min(MAX_NIGHTS, Math.max(0, (now - last) / DAY_MS));
  return {
    ...{
      id: job.rigs === undefined && job.every === undefined ? job.name : `${job.name} on ${fits[0]}`,
      job,
      fits,
      last,
    },
    ...{ expectedMs: runs[0]?.durationMs, rank: job.value * (1 + nights) },
  };
}

/** For each task of a job, the rigs of which one is needed. */
function placesOf(job: Job, known: Known): (readonly string[])[] {
  if (job.suites === undefined) return [[HOST]];
  if (job.rigs !== undefined) return job.rigs.map((name) => [keyOf(name, job, known)]);
  const wanted = job.any ?? job.every ?? {};
  const fitting = known.rigs.filter((rig) => fitsSelector(rig, wanted, known.health)).map(({ key }) => key);
  if (fitting.length === 0)
    throw new UsageError(
      `No rig fits job ${job.name}, which wants ${JSON.stringify(wanted)}. Rigs of the plan: ${namesOf(known)}.`,
    );
  return job.any === undefined ? fitting.map((key) => [key]) : [fitting];
}

function keyOf(name: string, job: Job, known: Known): string {
  const found = known.rigs.find((rig) => rig.key === name || rig.name === name || rig.file === name);
  if (found !== undefined) return found.key;
  throw new UsageError(
    `Job ${job.name} names rig ${name}, which the plan does not have. Rigs of the plan: ${namesOf(known)}.`,
  );
}

const namesOf = ({ rigs }: Known): string => rigs.map(({ name }) => name).join(', ');

function fitsSelector(rig: Rig, wanted: Selector, health: readonly HealthRecord[]): boolean {
  const { board } = rig;
  const hasController = (board.kind === 'linux' || board.kind === 'sim') && board.controller !== undefined;
  const record = health.find((one) => one.rig === rig.key);
  const state = record?.state ?? 'unknown';
  // The chip of a real board says its version, and the last canary has heard it.
  const told = record?.fingerprint?.facts['firmware'] ?? '';
  const isVersion = (version: string): boolean =>
    firmwareOf(board) === version || told.includes(`:${version}/`);
  return (
    (wanted.board ?? board.kind) === board.kind &&
    (wanted.firmware === undefined || isVersion(wanted.firmware)) &&
    (wanted.controller ?? hasController) === hasController &&
    (wanted.health ?? state) === state
  );
}
