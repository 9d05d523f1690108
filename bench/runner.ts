import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './measure.ts';
import type { Result } from './results.ts';
import { printResults } from './results.ts';

/**
 * Measures what our fixtures add to a test of the runner, and how much faster one test with a sweep is than a
 * thousand tests.
 */
const CONFIG = fileURLToPath(new URL('runner/playwright.config.ts', import.meta.url));
const RUNNER = join(
  dirname(createRequire(import.meta.url).resolve('@playwright/test/package.json')),
  'cli.js',
);
const ROUNDS = 3;
const MAX_OUTPUT = 1 << 26;

/** The runner's own report, as far as it is used. */
interface Report {
  readonly suites: readonly {
    readonly title: string;
    readonly specs: readonly {
      readonly ok: boolean;
      readonly tests: readonly { readonly results: readonly { startTime: string; duration: number }[] }[];
    }[];
  }[];
}

/** Milliseconds from the beginning of the first test of a suite to that of its last, or of its only test. */
interface Round {
  readonly bare: number;
  readonly board: number;
  readonly points: number;
  readonly sweep: number;
}

function runOnce(): Round {
  const output = execFileSync(process.execPath, [RUNNER, 'test', '--config', CONFIG], {
    maxBuffer: MAX_OUTPUT,
  });
  const { suites } = JSON.parse(output.toString()) as Report;
  const timeOf = (name: string): number => {
    const specs = suites.find(({ title }) => title === `${name}.suite.ts`)?.specs ?? [];
    if (specs.length === 0 || specs.some(({ ok }) => !ok)) throw new Error(`The suite ${name} did not pass.`);
    const results = specs.flatMap(({ tests }) => tests).flatMap((test) => test.results);
    const [only] = results;
    if (results.length === 1) return only!.duration;
    const begins = results.map(({ startTime }) => Date.parse(startTime));
    return Math.max(...begins) - Math.min(...begins);
  };
  return { bare: timeOf('bare'), board: timeOf('board'), points: timeOf('points'), sweep: timeOf('sweep') };
}

const rounds = Array.from({ length: ROUNDS }, runOnce);
const of = (pick: (round: Round) => number): number => median(rounds.map(pick));

const added = of(({ bare, board }) => board / bare);
const swept = of(({ points, sweep }) => sweep / points);
const results: Result[] = [
  {
    name: '1,000 tests with a board',
    value: `${of(({ board }) => board)} ms`,
    peer: `1,000 bare tests ${of(({ bare }) => bare)} ms`,
    ratio: added.toFixed(2),
    goal: 'at most 1.05',
    isMet: added <= 1.05,
  },
  {
    name: 'sweep of 1,000 points in one test',
    value: `${of(({ sweep }) => sweep)} ms`,
    peer: `1,000 tests of one point ${of(({ points }) => points)} ms`,
    ratio: swept.toFixed(3),
    goal: 'at most 0.03',
    isMet: swept <= 0.03,
  },
];
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
printResults(results, values.json);
