import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { LabFailure } from '../units/index.ts';
import type { Plan } from './plan.ts';
import type { Task } from './tasks.ts';

const verdict = z.enum(['pass', 'fail', 'inconclusive', 'no verdict', 'interrupted']);
/** What one run of a task came to. */
export type TaskVerdict = z.output<typeof verdict>;

const attempt = z.object({
  rig: z.string(),
  /** Milliseconds since 1970. */
  began: z.number(),
  ended: z.number().optional(),
  /** Missing while it runs, and after the host went down under it. */
  verdict: verdict.optional(),
  says: z.string().optional(),
  /** Id of the run in the history. */
  run: z.string().optional(),
});
/** One run of a task on a rig. */
export type Attempt = z.output<typeof attempt>;

const taskState = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'not run']),
  attempts: z.array(attempt),
  /** Why it was not run. */
  because: z.string().optional(),
  /** Whether that was for lack of time alone. */
  isForTime: z.boolean().optional(),
});
/** How far a task has come. */
export type TaskState = z.output<typeof taskState>;

const nightState = z.object({
  format: z.literal('h1-night 1'),
  /** Hash of the plan. */
  plan: z.string(),
  seed: z.number(),
  began: z.number(),
  /** When the time of the night is over. */
  until: z.number(),
  ended: z.number().optional(),
  tasks: z.array(taskState),
});
/** How far a night has come; its file. Times are milliseconds since 1970. */
export type NightState = z.output<typeof nightState>;

/** Hash of a plan: a night goes on only with the plan with which it began. */
export const hashOfPlan = (plan: Plan): string =>
  createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16);

/** A night that begins. */
export const newNight = (
  tasks: readonly Task[],
  {
    plan,
    seed,
    now,
    budgetMs,
  }: { readonly plan: string; readonly seed: number; readonly now: number; readonly budgetMs: number },
): NightState => ({
  ...{ format: 'h1-night 1', plan, seed, began: now, until: now + budgetMs },
  tasks: tasks.map(({ id }) => ({ id, state: 'waiting', attempts: [] })),
});

/** A run may be cut short by a host that goes down so often, before its task is given up. */
const MAX_CUTS = 3;

/**
 * The night that is under way in a file: its plan is this one, it has not ended, and there is time left. What ran when
 * the host went down runs again. Undefined where there is none.
 */
export function resumable(text: string | undefined, plan: string, now: number): NightState | undefined {
  const state = text === undefined ? undefined : parse(text);
  if (state === undefined || state.plan !== plan || state.ended !== undefined || state.until <= now)
    return undefined;
  return { ...state, tasks: state.tasks.map((task) => afterCut(task, now)) };
}

function afterCut(task: TaskState, now: number): TaskState {
  if (task.state !== 'running') return task;
  const attempts = task.attempts.map((one): Attempt =>
    one.verdict === undefined
      ? { ...one, ended: now, verdict: 'interrupted', says: 'the night was cut short while it ran' }
      : one,
  );
  const cuts = attempts.filter((one) => one.verdict === 'interrupted').length;
  return cuts < MAX_CUTS
    ? { ...task, state: 'waiting', attempts }
    : { ...task, state: 'not run', attempts, because: `the night was cut short ${cuts} times while it ran` };
}

function parse(text: string): NightState | undefined {
  try {
    return nightState.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The text of a state file; undefined when there is none. */
export function readState(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The state of a night cannot be kept. */
export class StateUnkept extends LabFailure {
  readonly blames = 'lab service';
}

/** Writes the state whole or not at all; when it returns, the state is on the disk. @throws StateUnkept */
export function keepState(file: string, state: NightState): void {
  try {
    const part = `${file}.part`;
    const descriptor = openSync(part, 'w');
    try {
      writeFileSync(descriptor, `${JSON.stringify(state, undefined, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(part, file);
    const folder = openSync(dirname(file), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StateUnkept(`The state of the night cannot be written: ${reason}.`, { cause });
  }
}
