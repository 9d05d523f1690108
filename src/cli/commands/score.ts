import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { showSeconds } from '../../report/terminal.ts';
import { COMPLETE_STACKS } from '../../driver/index.ts';
import type { Detection, PlantedBug } from '../../score/index.ts';
import { chooseBugs, detectionOf, isEnough, PLANTED_BUGS, showDetection } from '../../score/index.ts';
import { UsageError } from '../../units/index.ts';
import { EXIT } from '../exit-code.ts';
import { checkedSeed, checkedTwin } from '../run-request.ts';
import { allOf } from '../mutant-runs.ts';
import { scoreMutants } from '../score-mutants.ts';
import { SUITES } from '../root.ts';
import { runForSummary } from '../score-run.ts';

/** Number of failures after which a planted bug counts as caught, and its run is ended. */
const ENOUGH = 3;
/** The suite that plants bugs itself. With a healthy chip it shows nothing, so it is left out. */
const NO_MAIN_SUITE = 'known-bugs';

interface ScoreOptions {
  readonly only?: string;
  readonly sample?: string;
  readonly healthy?: string;
  readonly seed: string;
  readonly jobs: string;
  readonly json?: true;
  readonly mutants?: true;
  readonly write?: true;
  readonly twin: string;
  readonly profile?: readonly string[];
  readonly suite?: readonly string[];
  readonly testSeconds: string;
  readonly folder?: string;
}

/** `h1-hil score`: how many planted bugs the suites catch, and how many false alarms they raise. */
export function addScore(program: Command): void {
  program
    .command('score')
    .description('plant bugs into driver and chip, one at a time, and tell which suite catches each')
    .option('--only <text>', 'only bugs whose id has this text')
    .option('--sample <number>', 'plant only this number of bugs, chosen by the seed')
    .option(
      '--healthy <runs>',
      'plant nothing: run the main suites this number of times, each with its seed, and count alarms',
    )
    .option(
      '--mutants',
      'change the source itself, in one small place at a time, and name each change that no test sees',
    )
    .option(
      '--test-seconds <number>',
      'with --mutants: time of all tests of one mutant, in a healthy run',
      '40',
    )
    .option('--twin <mode>', 'with --mutants: strict or off', 'strict')
    .option('--profile <name...>', 'with --mutants: drivers of the tests (every complete one)')
    .option('--suite <name...>', 'with --mutants: suites of the tests (every one)')
    .option('--folder <path>', 'with --mutants: keeps the build and what is known (reports/out/mutants)')
    .option('--write', 'with --mutants: write the table into docs/detection.md')
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
  h1-hil score --mutants --sample 400 --seed 7 --jobs 2
                                  goes on where it was interrupted

Exit codes: 0 at least 58 of 60 caught, no false alarm, or 85 % of the mutants killed; 1 otherwise.`,
    )
    .action(async (options: ScoreOptions) => {
      process.exitCode = await scoreKind(options)(options);
    });
}

function scoreKind({ mutants, healthy }: ScoreOptions): (options: ScoreOptions) => Promise<number> {
  if (mutants === true) return scoreSource;
  return healthy === undefined ? score : (options) => countFalseAlarms(healthy, options);
}

const scoreSource = (options: ScoreOptions): Promise<number> =>
  scoreMutants({
    sample: count(options.sample ?? '400'),
    seed: checkedSeed(options.seed),
    jobs: count(options.jobs),
    only: options.only ?? '',
    profiles: options.profile ?? COMPLETE_STACKS.map(({ name }) => name),
    suites: options.suite ?? [],
    twin: checkedTwin(options) ?? 'strict',
    testsMs: 1000 * count(options.testSeconds),
    folder: options.folder,
    isJson: options.json === true,
    writes: options.write === true,
  });

async function score(options: ScoreOptions): Promise<number> {
  const seed = checkedSeed(options.seed);
  const matching = PLANTED_BUGS.filter(({ id }) => id.includes(options.only ?? ''));
  const bugs = options.sample === undefined ? matching : chooseBugs(matching, count(options.sample), seed);
  if (bugs.length === 0) throw new UsageError(`No planted bug has ${options.only ?? ''} in its id.`);
  const detections = await detectAll(bugs, seed, count(options.jobs));
  const caught = detections.filter(({ isCaught }) => isCaught).length;
  const attributed = detections.filter(({ isAttributed }) => isAttributed).length;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ planted: bugs.length, caught, attributed, detections }, undefined, 2)}\n`
      : `\n${detections.map(showDetection).join('\n')}\n\n${caught} of ${bugs.length} planted bugs were caught, ${attributed} by the right class.\n`,
  );
  return isEnough(caught, bugs.length) ? EXIT.pass : EXIT.failure;
}

/** @throws UsageError */
function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text))
    throw new UsageError(`A number from 1 up is wanted, and "${text}" is not one.`);
  return Number(text);
}

async function detectAll(bugs: readonly PlantedBug[], seed: number, jobs: number): Promise<Detection[]> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-score-'));
  const waiting = [...bugs.entries()];
  const detections: Detection[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [number, bug] = next;
      const detection = await detect(bug, join(folder, String(number)), seed).catch((failure: unknown) => {
        // No other worker begins another bug.
        waiting.length = 0;
        throw failure;
      });
      detections.push(detection);
      process.stderr.write(`${detections.length}/${bugs.length}  ${showDetection(detection)}\n`);
    }
  };
  try {
    // Every worker has to end before the folder is removed.
    await allOf(Array.from({ length: jobs }, work));
    return detections;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the suites with one planted bug, on a rig file of its own. */
async function detect(bug: PlantedBug, folder: string, seed: number): Promise<Detection> {
  mkdirSync(folder, { recursive: true });
  const rig = join(folder, 'rig.yaml');
  const board = { kind: 'sim', firmware: '0.5.4', ...(bug.kind === 'chip' && bug.board) };
  writeFileSync(rig, stringify({ description: `Planted: ${bug.id}`, board }));
  const { failures } = await runForSummary(['--max-failures', String(ENOUGH)], {
    rig,
    profiles: [bug.kind === 'driver' ? bug.profile.name : 'recommended'],
    seed,
    folder,
    ...(bug.kind === 'driver' && { planted: bug.id }),
  });
  return detectionOf(bug, failures);
}

/**
 * Runs the main suites on healthy chips, with each complete driver, and counts what fails. Each repetition of a test
 * has another seed, and so another chip.
 */
async function countFalseAlarms(wanted: string, { seed, json }: ScoreOptions): Promise<number> {
  const runs = count(wanted);
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-healthy-'));
  const main = readdirSync(SUITES).filter((name) => name !== NO_MAIN_SUITE);
  const settings = {
    rig: 'sim',
    profiles: COMPLETE_STACKS.map(({ name }) => name),
    seed: checkedSeed(seed),
    folder,
  };
  try {
    const folders = main.map((name) => join(SUITES, name, '/'));
    const once = await runForSummary(folders, settings);
    const repeats = Math.ceil(runs / Math.max(1, once.passed + once.failed));
    const { passed, failed, failures, durationMs } =
      repeats === 1
        ? once
        : await runForSummary([...folders, '--repeat-each', String(repeats)], settings, 'to stderr');
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
