import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { FailureClass } from '../../report/attribution.ts';
import { readJournal } from '../../report/journal.ts';
import type { Tally } from '../../report/tally.ts';
import { endOf, tallyOf } from '../../report/tally.ts';
import { showSeconds } from '../../report/terminal.ts';
import type { RunSettings } from '../../rig/index.ts';
import { writeRunSettings } from '../../rig/index.ts';
import { Random } from '../../sim/index.ts';
import type { PlantedBug } from '../../score/index.ts';
import { COMPLETE_STACKS } from '../../driver/index.ts';
import { PLANTED_BUGS } from '../../score/index.ts';
import { UsageError } from '../../units/index.ts';
import { runStep } from '../child.ts';
import { EXIT } from '../exit-code.ts';
import { PLAYWRIGHT } from '../playwright.ts';
import { ROOT } from '../root.ts';
import { checkedSeed } from '../run-request.ts';
import { NoResult } from '../no-result.ts';

/** Failures after which one planted bug counts as caught and its run is ended. */
const ENOUGH = 3;
/** The score that is asked for, of 60. */
const GOAL = 58 / 60;
/** The suite that plants bugs itself: on healthy chips it says nothing. */
const NO_MAIN_SUITE = 'known-bugs';

const SUITES = join(ROOT, 'suites');

/** What the suites made of one planted bug. */
export interface Detection {
  readonly id: string;
  readonly isCaught: boolean;
  readonly suites: readonly string[];
  readonly classes: readonly FailureClass[];
  /** The class that is right for it is among those found. */
  readonly isAttributed: boolean;
}

interface ScoreOptions {
  readonly only?: string;
  readonly sample?: string;
  readonly healthy?: string;
  readonly seed: string;
  readonly jobs: string;
  readonly json?: true;
}

/** `h1-hil score`: how many planted bugs the suites catch, and how often they cry wolf. */
export function addScore(program: Command): void {
  program
    .command('score')
    .description('plant bugs into driver and chip, one at a time, and tell which suite catches each')
    .option('--only <text>', 'only bugs whose id has this text')
    .option('--sample <number>', 'so many of them, chosen by the seed')
    .option('--healthy <runs>', 'plant nothing: run the main suites so many seeded times and count alarms')
    .option('-s, --seed <number>', 'seed of every run', '1')
    .option('-j, --jobs <number>', 'runs at the same time', '1')
    .option('--json', 'as JSON; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil score                    every planted bug
  h1-hil score --only wake --jobs 2
  h1-hil score --sample 6 --seed 7
  h1-hil score --healthy 10000    no bug: every alarm is a false one

Exit codes: 0 at least 58 of 60 caught, or no false alarm; 1 otherwise.`,
    )
    .action(async (options: ScoreOptions) => {
      const { healthy } = options;
      process.exitCode = healthy === undefined ? await score(options) : await cryWolf(healthy, options);
    });
}

async function score(options: ScoreOptions): Promise<number> {
  const seed = checkedSeed(options.seed);
  const matching = PLANTED_BUGS.filter(({ id }) => id.includes(options.only ?? ''));
  const bugs = options.sample === undefined ? matching : chosen(matching, count(options.sample), seed);
  if (bugs.length === 0) throw new UsageError(`No planted bug has ${options.only ?? ''} in its id.`);
  const detections = await detectAll(bugs, seed, count(options.jobs));
  const caught = detections.filter(({ isCaught }) => isCaught).length;
  const attributed = detections.filter(({ isAttributed }) => isAttributed).length;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ planted: bugs.length, caught, attributed, detections }, undefined, 2)}\n`
      : `\n${detections.map(showDetection).join('\n')}\n\n${caught} of ${bugs.length} planted bugs were caught, ${attributed} by the right class.\n`,
  );
  return caught >= Math.floor(GOAL * bugs.length) ? EXIT.pass : EXIT.failure;
}

/** @throws UsageError */
function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`A number from 1 up is wanted, and "${text}" is none.`);
  return Number(text);
}

/** So many bugs without repetition, the same for the same seed. */
function chosen(bugs: readonly PlantedBug[], size: number, seed: number): readonly PlantedBug[] {
  const left = [...bugs];
  const random = new Random(seed);
  return Array.from(
    { length: Math.min(size, left.length) },
    () => left.splice(random.integer(0, left.length - 1), 1)[0]!,
  );
}

async function detectAll(bugs: readonly PlantedBug[], seed: number, jobs: number): Promise<Detection[]> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-score-'));
  const waiting = [...bugs.entries()];
  const detections: Detection[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [number, bug] = next;
      const detection = await detect(bug, join(folder, String(number)), seed).catch((failure: unknown) => {
        // Then nobody begins another.
        waiting.length = 0;
        throw failure;
      });
      detections.push(detection);
      process.stderr.write(`${detections.length}/${bugs.length}  ${showDetection(detection)}\n`);
    }
  };
  try {
    // All of them end before their folder goes.
    const ends = await Promise.allSettled(Array.from({ length: jobs }, work));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    return detections;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function showDetection({ id, isCaught, suites, classes, isAttributed }: Detection): string {
  const verdict = !isCaught ? 'MISSED ' : isAttributed ? 'caught ' : 'caught?';
  return `${verdict}  ${id.slice(0, 80).padEnd(80)}  ${suites.join(', ')} (${classes.join(', ')})`;
}

/** Runs the suites against one planted bug on a rig of its own. */
async function detect(bug: PlantedBug, folder: string, seed: number): Promise<Detection> {
  mkdirSync(folder, { recursive: true });
  const rig = join(folder, 'rig.yaml');
  const board = { kind: 'sim', firmware: '0.5.4', ...(bug.kind === 'chip' && bug.board) };
  writeFileSync(rig, stringify({ description: `Planted: ${bug.id}`, board }));
  const { failures: all } = await runSuites(['--max-failures', String(ENOUGH)], {
    rig,
    profiles: [bug.kind === 'driver' ? bug.profile.name : 'recommended'],
    seed,
    folder,
    ...(bug.kind === 'driver' && { planted: bug.id }),
  });
  // The runner's own word that it stopped belongs to no suite.
  const failures = all.filter(({ suite }) => suite !== '');
  const classes = [...new Set(failures.map((failure) => failure.class))];
  return {
    id: bug.id,
    isCaught: failures.length > 0,
    suites: [...new Set(failures.map(({ suite }) => suite))],
    classes,
    isAttributed: classes.includes(bug.kind === 'driver' ? 'driver profile' : 'firmware'),
  };
}

async function runSuites(
  args: readonly string[],
  settings: Omit<RunSettings, 'suites' | 'id' | 'only'> & { readonly only?: readonly string[] },
  stdio: 'ignore' | 'to stderr' = 'ignore',
): Promise<Tally> {
  await runStep([PLAYWRIGHT, 'test', ...args, '--reporter', join(ROOT, 'reports/progress-reporter.ts')], {
    env: writeRunSettings({ ...settings, suites: SUITES, id: '', only: [...(settings.only ?? [])] }),
    stdio: stdio === 'ignore' ? ['ignore', 'ignore', 'ignore'] : ['ignore', process.stderr, 'inherit'],
  });
  const journal = readJournal(settings.folder);
  if (endOf(journal) === undefined)
    throw new NoResult(
      `The suites ended without a summary in ${settings.folder}. Run h1-hil run --seed ${settings.seed} to see why.`,
    );
  return tallyOf(journal, settings.profiles);
}

/**
 * Seeded runs of the main suites' procedures on healthy chips with each complete stack: each repetition of a test has
 * its own seed, and so its own chip.
 */
async function cryWolf(wanted: string, { seed, json }: ScoreOptions): Promise<number> {
  const runs = count(wanted);
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-healthy-'));
  const main = readdirSync(SUITES).filter((name) => name !== NO_MAIN_SUITE);
  const settings = {
    rig: 'sim',
    profiles: COMPLETE_STACKS.map(({ name }) => name),
    seed: checkedSeed(seed),
    folder,
    only: main,
  };
  try {
    const once = await runSuites([], settings);
    const repeats = Math.ceil(runs / Math.max(1, once.passed + once.failed));
    const { passed, failed, failures, durationMs } =
      repeats === 1 ? once : await runSuites(['--repeat-each', String(repeats)], settings, 'to stderr');
    const total = passed + failed;
    process.stdout.write(
      json === true
        ? `${JSON.stringify({ runs: total, falseAlarms: failed, failures, durationMs }, undefined, 2)}\n`
        : `${failed} false alarms in ${total} seeded runs of ${once.passed + once.failed} procedures on healthy chips, ${showSeconds(durationMs)}.\n`,
    );
    return failed === 0 ? EXIT.pass : EXIT.failure;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
