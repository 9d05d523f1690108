import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { NightState } from '../../src/lab/index.ts';
import { run, start, Workplace } from './h1-hil.ts';

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

const BROKEN = `description: MISO is open
board:
  kind: sim
  faults:
    - { kind: line-open, line: MISO }
`;
const job = (name: string, where: string): string =>
  `  - { name: ${name}, ${where}, suites: [bring-up/identity], drivers: [recommended] }\n`;
const planOf = (rigs: readonly string[], ...jobs: readonly string[]): string =>
  place.write('plan.yaml', `budget: 1h\nrigs: [${rigs.join(', ')}]\njobs:\n${jobs.join('')}`);
const night = (...words: readonly string[]): string[] => [
  ...['night', 'plan.yaml', '--seed', '1', '--report', 'out', '--history', 'history.sqlite', ...words],
];
const stateIn = (folder: string): NightState =>
  JSON.parse(readFileSync(join(folder, 'out/night/state.json'), 'utf8')) as NightState;

test('a plan is shown with its order, and nothing runs', async () => {
  planOf(['bench.yaml'], job('a', 'rigs: [bench]'), '  - { name: b, value: 3, explore: { minutes: 2 } }\n');
  const { code, stdout } = await run(night('--plan'), place.folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/1 {2}b +this host +never[^\n]*45\.0\n2 {2}a +\S+bench\.yaml +never[^\n]*15\.0\n/);
  expect(existsSync(join(place.folder, 'out'))).toBe(false);
});

test('a night on a good rig and on a broken one: no verdict, the broken one is bad, and its runs are told', async () => {
  test.setTimeout(120_000);
  place.write('broken.yaml', BROKEN);
  planOf(
    ['broken.yaml', 'bench.yaml'],
    job('any', 'any: { board: sim }'),
    job('each', 'every: { board: sim }'),
  );
  const { code, stdout } = await run(night(), place.folder);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^## ⚠️ no verdict: night to /);
  expect(stdout).toContain('The canary failed: identity:');
  const { tasks, ended } = stateIn(place.folder);
  expect(ended).toBeDefined();
  const ends = tasks.map(({ id, attempts, state }) => [
    id.replace(place.folder, ''),
    state,
    attempts.at(-1)?.verdict,
  ]);
  expect(ends).toContainEqual(['any', 'done', 'pass']);
  expect(ends).toContainEqual(['each on /bench.yaml', 'done', 'pass']);
  // Either it met the broken rig, or another task had found out before.
  const broken = tasks.find(({ id }) => id.includes('broken.yaml'))!;
  expect([broken.state, broken.attempts.at(-1)?.verdict]).not.toEqual(['done', 'pass']);
  const health = await run(['rig', 'health', '--json', '--history', 'history.sqlite'], place.folder);
  const states = (JSON.parse(health.stdout) as { rig: string; state: string; by: string }[]).map((one) => [
    one.rig.replace(place.folder, ''),
    one.state,
    one.by,
  ]);
  expect(states).toEqual([
    ['/bench.yaml', 'good', 'canary'],
    ['/broken.yaml', 'bad', 'canary'],
  ]);
  const runs = await run(['history', 'runs', '--json', '--history', 'history.sqlite'], place.folder);
  for (const { verdict, failed, fingerprint } of JSON.parse(runs.stdout) as Record<string, unknown>[])
    expect([verdict, failed, fingerprint !== null]).toEqual(
      verdict === 'pass' ? ['pass', 0, true] : ['no verdict', 0, false],
    );
  expect(existsSync(join(place.folder, 'out/night/page/index.html'))).toBe(true);
});

test('a night that is killed goes on where it was, with its seed', async () => {
  test.setTimeout(120_000);
  planOf(['bench.yaml'], job('a', 'rigs: [bench]'), job('b', 'rigs: [bench]'));
  expect((await run(night('--continue'), place.folder)).stderr).toContain('No night was cut short');
  const first = start([...night()], place.folder);
  await first.says('b on ');
  first.process.kill('SIGKILL');
  await first.ended.catch(() => undefined);
  expect(stateIn(place.folder).tasks.map(({ state }) => state)).toEqual(['done', 'running']);
  const { code, stderr } = await run(night('--continue'), place.folder);
  expect([code, stderr.includes('goes on where it was cut short')]).toEqual([0, true]);
  const [a, b] = stateIn(place.folder).tasks;
  expect(a!.attempts.map(({ verdict }) => verdict)).toEqual(['pass']);
  expect(b!.attempts.map(({ verdict }) => verdict)).toEqual(['interrupted', 'pass']);
});

test('a plan that is wrong, or asks for a suite or a driver that is not there, ends before anything runs', async () => {
  const wrong = [
    ['jobs: 3', 'plan.yaml:1:7: jobs: a list of jobs is wanted'],
    ['jobs: [{ name: a, rigs: [sim], suites: [no-such-suite] }]', 'no-such-suite'],
    ['jobs: [{ name: a, rigs: [sim], suites: [soak], drivers: [windos] }]', 'did you mean windows?'],
    ['jobs: [{ name: a, rigs: [sim], suites: [soak], for: 3h, limit: 2h }]', '--for 3h'],
  ] as const;
  for (const [text, says] of wrong) {
    place.write('plan.yaml', text);
    const { code, stderr } = await run(night(), place.folder);
    expect([code, stderr.includes(says) ? says : stderr]).toEqual([2, says]);
  }
  expect(existsSync(join(place.folder, 'out'))).toBe(false);
});

test('a rig in maintenance runs nothing and is told; run --canary refuses it', async () => {
  test.setTimeout(120_000);
  const say = ['rig', 'health', 'bench.yaml', '--set', 'maintenance', '--reason', 'new switch'];
  expect((await run([...say, '--history', 'history.sqlite'], place.folder)).code).toBe(0);
  planOf(['bench.yaml'], job('a', 'rigs: [bench]'));
  const { code, stdout } = await run(night(), place.folder);
  expect([code, stdout.includes('new switch')]).toEqual([3, true]);
  expect(stateIn(place.folder).tasks[0]).toMatchObject({ state: 'not run', attempts: [] });
  const refused = await run(
    [...place.suites('random'), '--canary', '--history', 'history.sqlite'],
    place.folder,
  );
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('is maintenance since')]);
});

test('a state of a rig needs its reason, its rig, and to be one', async () => {
  const cases = [
    [['sim', '--set', 'bad', '--history', 'h.sqlite'], 'needs a reason'],
    [['--set', 'bad', '--reason', 'x', '--history', 'h.sqlite'], 'needs the rig'],
    [['sim', '--set', 'god', '--reason', 'x', '--history', 'h.sqlite'], 'did you mean good?'],
    [['sim', '--history', 'none'], 'stands in the history'],
  ] as const;
  for (const [words, says] of cases) {
    const { code, stderr } = await run(['rig', 'health', ...words], place.folder);
    expect([code, stderr.includes(says) ? says : stderr]).toEqual([2, says]);
  }
});
