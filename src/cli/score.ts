import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { readSummary } from '../../reports/summary.ts';
import { writeRunSettings } from '../rig/index.ts';
import type { PlantedBug } from '../tis/index.ts';
import { PLANTED_BUGS } from '../tis/index.ts';
import { runNode } from './child.ts';
import { EXIT } from './exit-code.ts';
import { PLAYWRIGHT } from './playwright.ts';
import { ROOT } from './root.ts';

/** Failures after which one planted bug counts as caught and its run is ended. */
const ENOUGH = 3;
/** The score that is asked for, of 60. */
const GOAL = 58 / 60;

/** What the suites made of one planted bug. */
interface Detection {
  readonly id: string;
  readonly suites: readonly string[];
  readonly classes: readonly string[];
}

interface ScoreOptions {
  readonly only?: string;
  readonly seed: string;
  readonly jobs: string;
  readonly json?: true;
}

/** `h1-hil score`: how many planted bugs the suites catch. */
export function addScore(program: Command): void {
  program
    .command('score')
    .description('plant bugs into driver and chip, one at a time, and tell which suite catches each')
    .option('--only <text>', 'only bugs whose id has this text')
    .option('-s, --seed <number>', 'seed of every run', '1')
    .option('-j, --jobs <number>', 'runs at the same time', '1')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  h1-hil score\n  h1-hil score --only wake --jobs 2')
    .action(async (options: ScoreOptions) => {
      const bugs = PLANTED_BUGS.filter(({ id }) => id.includes(options.only ?? ''));
      const detections = await detectAll(bugs, options);
      const caught = detections.filter(({ suites }) => suites.length > 0).length;
      if (options.json === true)
        process.stdout.write(
          `${JSON.stringify({ caught, planted: bugs.length, detections }, undefined, 2)}\n`,
        );
      else process.stdout.write(`\n${caught} of ${bugs.length} planted bugs were caught.\n`);
      process.exitCode = caught >= Math.floor(GOAL * bugs.length) ? EXIT.pass : EXIT.failure;
    });
}

async function detectAll(
  bugs: readonly PlantedBug[],
  { seed, jobs, json }: ScoreOptions,
): Promise<Detection[]> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-score-'));
  const waiting = [...bugs.entries()];
  const detections: Detection[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [number, bug] = next;
      const detection = await detect(bug, join(folder, String(number)), Number(seed));
      detections.push(detection);
      if (json !== true) process.stdout.write(`${showDetection(detection)}\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(jobs) }, work));
  return detections;
}

const showDetection = ({ id, suites, classes }: Detection): string =>
  `${suites.length > 0 ? 'caught' : 'MISSED'}  ${id.slice(0, 90).padEnd(90)}  ${suites.join(', ')}  ${classes.join(', ')}`;

/** Runs the suites against one planted bug on a rig of its own. */
async function detect(bug: PlantedBug, folder: string, seed: number): Promise<Detection> {
  mkdirSync(folder, { recursive: true });
  const rig = join(folder, 'rig.yaml');
  const board = { kind: 'sim', firmware: '0.5.4', ...(bug.kind === 'chip' && bug.board) };
  writeFileSync(rig, stringify({ description: `Planted: ${bug.id}`, board }));
  await runNode(
    [
      PLAYWRIGHT,
      'test',
      '--max-failures',
      String(ENOUGH),
      '--reporter',
      join(ROOT, 'reports/progress-reporter.ts'),
    ],
    {
      env: writeRunSettings({
        rig,
        suites: join(ROOT, 'suites'),
        profiles: [bug.kind === 'driver' ? bug.profile.name : 'recommended'],
        seed,
        folder,
        holder: 0,
        ...(bug.kind === 'driver' && { planted: bug.id }),
      }),
      stdio: ['ignore', 'ignore', 'ignore'],
    },
  );
  const failures = readSummary(folder)?.failures ?? [];
  return {
    id: bug.id,
    suites: [...new Set(failures.map(({ suite }) => suite))],
    classes: [...new Set(failures.map((failure) => failure.class))],
  };
}
