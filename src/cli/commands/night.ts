import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { nightOf, openHistory } from '../../history/index.ts';
import type { NightState, Plan, Task } from '../../lab/index.ts';
import {
  hashOfPlan,
  HOST,
  newNight,
  readPlan,
  readState,
  resumable,
  runNight,
  spanMs,
  tasksOf,
} from '../../lab/index.ts';
import { acquireTurn, knownRigs, loadRig, showHolder, turnHolder } from '../../rig/index.ts';
import { LabFailure, UsageError } from '../../units/index.ts';
import { EXIT } from '../exit-code.ts';
import { historyOption, historyPlace, knownFailures, knownOption } from '../history-place.ts';
import { Interrupts } from '../interrupts.ts';
import { HostHands, stateFile } from '../night-hands.ts';
import { nightMarkdown, showPlan } from '../night-page.ts';
import { printJson } from '../print-json.ts';
import { newHolder } from '../run-context.ts';
import { OUT } from '../run-folder.ts';
import { checkRequest, checkedSeed } from '../run-request.ts';
import type { MorningOptions } from './morning.ts';
import { makeMorning } from './morning.ts';

interface NightOptions extends Pick<MorningOptions, 'history' | 'known' | 'notify' | 'summary' | 'json'> {
  readonly plan?: true;
  readonly report?: string;
  readonly seed?: string;
  readonly fresh?: true;
  readonly continue?: true;
}

const EXAMPLES = `
A plan is YAML:
  budget: 8h
  jobs:
    - name: sleep
      any: { board: sim, firmware: 0.5.4 }   # on one that fits; another takes over
      suites: [sleep-wake, suspend-resume]
      drivers: [recommended]
      value: 3
    - name: explore
      explore: { minutes: 10 }
Jobs are run by their value times the nights since they last ran, on all rigs at once, each after a canary. A night that was
cut short goes on when it is started again with the same plan before its budget is over.

Examples:
  h1-hil night lab/plan.yaml --plan
  h1-hil night lab/plan.yaml --notify 'mail -s "h1: $H1_HIL_VERDICT" lab@example.org'
  h1-hil night lab/plan.yaml --fresh

Exit codes: 0 pass, 1 firmware or driver failure, 2 usage, 3 lab failure (no verdict), 4 inconclusive, 130 interrupted.`;

/** `h1-hil night`: runs a plan on all rigs, and ends with the morning page. */
export function addNight(program: Command): void {
  program
    .command('night')
    .description('run a plan on all rigs within a budget of time, and make the morning page')
    .argument('<plan>', 'the plan, a YAML file')
    .option('--plan', 'print what would run, where and how long, and run nothing')
    .option('-s, --seed <number>', 'seed of every run; one is chosen without')
    .option('--fresh', 'begin anew, although a night with this plan was cut short')
    .option('--continue', 'go on with a night that was cut short, and begin no new one')
    .option('--report <folder>', 'folder of the reports, the state and the page; reports/out without')
    .addOption(historyOption())
    .addOption(knownOption())
    .option('--summary <file>', 'add the Markdown to this file as well')
    .option('--notify <command>', 'run this command afterwards, with the Markdown as its input')
    .option('--json', 'as JSON; progress goes to stderr')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: NightOptions) => {
      process.exitCode = await runPlan(file, options);
    });
}

/** @returns the exit code */
async function runPlan(file: string, options: NightOptions): Promise<number> {
  if (options.continue === true && options.fresh === true)
    throw new UsageError('--continue and --fresh are two things: give one of them.');
  const plan = readPlan(file);
  const place = historyPlace(options.history);
  const now = new Date().getTime();
  knownFailures(options.known);
  const tasks = await tasksNow(plan, place, now);
  await checkJobs(tasks);
  if (options.plan === true) {
    if (options.json === true) printJson(tasks.map(({ job, ...task }) => ({ ...task, job: job.name })));
    else process.stdout.write(showPlan(tasks, plan));
    return EXIT.pass;
  }
  const reports = resolve(options.report ?? OUT);
  const folder = join(reports, 'night');
  mkdirSync(folder, { recursive: true });
  return withTurn(folder, async () => {
    const hash = hashOfPlan(plan);
    const cut = options.fresh === true ? undefined : resumable(readState(stateFile(folder)), hash, now);
    if (cut === undefined && options.continue === true) {
      process.stderr.write('No night was cut short, so there is nothing to go on with.\n');
      return EXIT.pass;
    }
    const seed = cut?.seed ?? (options.seed === undefined ? randomInt(2 ** 32) : checkedSeed(options.seed));
    const state = cut ?? newNight(tasks, { plan: hash, seed, now, budgetMs: spanMs(plan.budget) });
    if (cut !== undefined) process.stderr.write('The night goes on where it was cut short.\n');
    return nightIn({ folder, reports, tasks, state, history: place }, options);
  });
}

interface Under {
  readonly folder: string;
  readonly reports: string;
  readonly tasks: readonly Task[];
  readonly state: NightState;
  readonly history: string | undefined;
}

/** Runs the tasks and makes the page. */
async function nightIn(
  { folder, reports, tasks, state, history }: Under,
  options: NightOptions,
): Promise<number> {
  const interrupts = new Interrupts();
  try {
    const atOnce = new Set(tasks.flatMap(({ fits }) => fits)).size;
    const hands = new HostHands({ reports, folder, history, seed: state.seed, interrupts, atOnce });
    const known = new Set(tasks.map(({ id }) => id));
    // A rig whose health has changed may have changed what fits since the night began.
    const ofNight = { ...state, tasks: [...state.tasks.filter(({ id }) => known.has(id))] };
    for (const { id } of tasks)
      if (!ofNight.tasks.some((task) => task.id === id))
        ofNight.tasks.push({ id, state: 'waiting', attempts: [] });
    const ended = await runNight(tasks, ofNight, hands);
    if (interrupts.came) {
      process.stderr.write('The night was interrupted. The same command goes on with it.\n');
      return EXIT.interrupted;
    }
    return await tellNight(ended, { folder, history }, options);
  } finally {
    interrupts.stop();
  }
}

/** The page, where there is a history, and the exit code of the night. */
async function tellNight(
  state: NightState,
  { folder, history }: Pick<Under, 'folder' | 'history'>,
  { known, summary, notify, json }: NightOptions,
): Promise<number> {
  const markdown = nightMarkdown(state);
  const own = codeOf(state);
  if (history === undefined) {
    if (json === true) printJson(state);
    else process.stdout.write(markdown);
    const hasFailed = state.tasks.some(({ attempts }) => attempts.some(({ verdict }) => verdict === 'fail'));
    return hasFailed ? EXIT.failure : own;
  }
  const options = { history, nights: '30', report: join(folder, 'page') };
  const given = Object.fromEntries(
    Object.entries({ known, summary, notify, json }).filter(([, value]) => value !== undefined),
  );
  const told = await makeMorning({ ...options, ...given }, markdown);
  return worse(worse(told, own), await codeOfUnkept(state, history));
}

/** A failure that the history does not have, the morning cannot tell of; it counts all the same. */
async function codeOfUnkept({ tasks, began }: NightState, place: string): Promise<number> {
  const history = await openHistory(place);
  try {
    const kept = new Set((await history.runs({ from: nightOf(began) })).map(({ run }) => run));
    const isLost = tasks.some(({ attempts }) =>
      attempts.some(({ verdict, run }) => verdict === 'fail' && (run === undefined || !kept.has(run))),
    );
    if (isLost) process.stderr.write('h1-hil: A run failed that is not in the history; its job tells it.\n');
    return isLost ? EXIT.failure : EXIT.pass;
  } finally {
    await history.close();
  }
}

/** From best to worst. */
const WORSE: readonly number[] = [EXIT.pass, EXIT.inconclusive, EXIT.lab, EXIT.failure];
const worse = (a: number, b: number): number => (WORSE.indexOf(a) > WORSE.indexOf(b) ? a : b);

/** What the tasks themselves say: one that no rig could run is no verdict; one for which there was no time is told alone. */
function codeOf({ tasks }: NightState): number {
  const lost = tasks.some(({ state, isForTime }) => state === 'not run' && isForTime !== true);
  if (lost || tasks.every(({ state }) => state === 'not run')) return EXIT.lab;
  const codes = { pass: EXIT.pass, inconclusive: EXIT.inconclusive, fail: EXIT.pass } as const;
  return tasks.reduce<number>((code, { attempts }) => {
    const verdict = attempts.at(-1)?.verdict;
    if (verdict === undefined) return code;
    // Whether a failure counts, the morning decides: it may be quarantined.
    return worse(code, verdict === 'no verdict' || verdict === 'interrupted' ? EXIT.lab : codes[verdict]);
  }, EXIT.pass);
}

async function tasksNow(plan: Plan, place: string | undefined, now: number): Promise<Task[]> {
  const rigs = (plan.rigs ?? knownRigs()).map(loadRig);
  if (place === undefined) return tasksOf(plan, { rigs, health: [], lastRuns: [], now });
  const history = await openHistory(place, { mayMake: true });
  try {
    const health = await history.health({ host: hostname() });
    const lastRuns = (await history.jobs()).filter(({ host }) => host === hostname());
    return tasksOf(plan, { rigs, health, lastRuns, now });
  } finally {
    await history.close();
  }
}

/** Suites, drivers and claims are checked before anything runs. @throws what `checkRequest` throws */
async function checkJobs(tasks: readonly Task[]): Promise<void> {
  for (const { job, fits } of tasks)
    for (const rig of fits) {
      if (rig === HOST) continue;
      const { drivers, grep, for: time, claim, suites = [], limit } = job;
      await checkRequest(suites, {
        ...{ rig, limit },
        ...(drivers !== undefined && { profile: drivers }),
        ...(grep !== undefined && { grep }),
        ...(time !== undefined && { for: time }),
        ...(claim !== undefined && { below: String(claim.below), confidence: String(claim.confidence) }),
      });
    }
}

/** Another night has the folder. */
class NightBusy extends LabFailure {
  readonly blames = 'lab service';
}

async function withTurn(folder: string, act: () => Promise<number>): Promise<number> {
  const place = join(folder, 'night');
  const turn = await acquireTurn(place, { holder: newHolder() });
  if (turn === undefined)
    throw new NightBusy(
      `Another night runs in ${folder}: ${showHolder((await turnHolder(place)) ?? {})}. Name another folder: --report FOLDER.`,
    );
  try {
    return await act();
  } finally {
    turn.release();
  }
}
