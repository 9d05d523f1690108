import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './measure.ts';
import type { Result } from './results.ts';
import { printResults } from './results.ts';

/** Measures what it costs to judge every test: all suites with one driver, judged and not judged, in turn. */
const COMMAND = fileURLToPath(new URL('../h1-hil', import.meta.url));
const ROUNDS = 3;
const MAX_OUTPUT = 1 << 26;

/** Wall time of one run of all suites, as the run itself measured it. */
function durationOf(judging: 'strict' | 'off'): number {
  const output = execFileSync(
    COMMAND,
    ['run', '--profile', 'recommended', '--seed', '3', '--judging', judging, '--json'],
    { maxBuffer: MAX_OUTPUT, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const { verdict, durationMs } = JSON.parse(output.toString()) as { verdict: string; durationMs: number };
  if (verdict !== 'pass') throw new Error(`The suites did not pass: ${verdict}.`);
  return durationMs;
}

const rounds = Array.from({ length: ROUNDS }, () => ({
  off: durationOf('off'),
  strict: durationOf('strict'),
}));
const ratio = median(rounds.map(({ off, strict }) => strict / off));
const results: Result[] = [
  {
    name: 'all suites, every test judged',
    value: `${median(rounds.map(({ strict }) => strict))} ms`,
    peer: `not judged ${median(rounds.map(({ off }) => off))} ms`,
    ratio: ratio.toFixed(2),
    goal: 'at most 1.3',
    isMet: ratio <= 1.3,
  },
];
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
printResults(results, values.json);
