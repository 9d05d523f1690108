import { parseArgs } from 'node:util';
import type { Act, Procedure } from '../src/procedure/index.ts';
import { FORMAT, judge, Stages } from '../src/procedure/index.ts';
import { median } from './measure.ts';
import type { Result } from './results.ts';
import { printResults } from './results.ts';

/** Measures how many procedures are played and judged on one core in a second of its time, as `explore` plays them. */
const ROUNDS = 5;
const GOAL = 2000;

const random = (count: number): Act => ({
  act: 'command',
  bytes: `80010000000c0000017b${count.toString(16).padStart(4, '0')}`,
  answer: { code: 0, size: 12 + count },
});
const READ: Act = {
  act: 'command',
  bytes: '8001000000140000017e00000001000b03000001',
  answer: { code: 0, size: 62 },
};
const EXTEND: Act = {
  act: 'command',
  bytes: `80020000004100000182000000100000000940000009000000000000000001000b${'5a'.repeat(32)}`,
  answer: { code: 0, size: 19 },
};

/** A probe, 8 commands and one suspend. */
const ACTS: Act[] = [
  { act: 'probe' },
  random(8),
  READ,
  EXTEND,
  random(16),
  { act: 'suspend', kind: 'via-firmware', forMs: 1500 },
  random(32),
  READ,
  random(8),
  random(4),
];

const procedure = (seed: number): Procedure => ({
  format: FORMAT,
  driver: { row: 'recommended' },
  board: { kind: 'sim' },
  seed,
  acts: ACTS,
});

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, count: { type: 'string', default: '400' } },
});
const count = Number(values.count);
const stages = new Stages();
let seed = 1;
let commands = 0;

/** Time of the process, which other processes of the machine hardly change, for each procedure, in microseconds. */
async function playSome(): Promise<number> {
  const before = process.cpuUsage();
  for (let each = 0; each < count; each++) {
    const played = await stages.play(procedure(seed++));
    const findings = judge(played);
    if (findings.length > 0) throw new Error(`A healthy chip was blamed: ${findings[0]!.says}`);
    commands += played.exchanges.length;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

await playSome();
const times: number[] = [];
for (let round = 0; round < ROUNDS; round++) times.push(await playSome());
await stages.close();
const rate = 1e6 / median(times);
const results: Result[] = [
  {
    name: 'procedures on one core, judged',
    value: `${Math.round(rate)} a second`,
    peer: `${Math.round(commands / (seed - 1))} commands each`,
    ratio: (rate / GOAL).toFixed(2),
    goal: `at least ${GOAL}`,
    isMet: rate >= GOAL,
  },
];
printResults(results, values.json);
