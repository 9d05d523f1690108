import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { run, Workplace } from './h1-hil.ts';

let place: Workplace;
let history = '';

test.describe.configure({ mode: 'serial' });
test.beforeAll(() => {
  place = new Workplace();
  history = join(place.folder, 'history.sqlite');
});
test.afterAll(() => {
  place.remove();
});

const withHistory = (...args: readonly string[]) => run([...args, '--history', history], place.folder);
const runSuite = (suite: string, report: string, ...more: readonly string[]) =>
  withHistory(...place.suites(suite).slice(0, -1), join(place.folder, report), ...more);

test('a run is in the history, with its verdict', async () => {
  const { code, stderr } = await runSuite('random', 'one');
  expect([code, stderr]).toEqual([0, '']);
  const { stdout } = await withHistory('history', 'runs', '--json');
  expect(JSON.parse(stdout)).toMatchObject([{ verdict: 'pass', seed: 1, isRepeatable: true }]);
});

test('the same run again has no regression, one that fails has', async () => {
  const same = await runSuite('random', 'two', '--against', 'latest');
  expect(same.code).toBe(0);
  expect(same.stdout).toContain('no regression');
  const compared = await run(['compare', 'one', 'two', '--history', 'none'], place.folder);
  expect([compared.code, compared.stdout.match(/same {5}\d+ tests/)?.length]).toEqual([0, 1]);
});

test('an unknown run to compare with is refused before anything runs', async () => {
  const { code, stderr } = await runSuite('random', 'three', '--against', 'ffffffff');
  expect(code).toBe(2);
  expect(stderr).toContain('The history has no run whose id begins with ffffffff');
  expect(existsSync(join(place.folder, 'three'))).toBe(false);
});

test('a history that cannot be written is told, and the verdict stands', async () => {
  const text = place.write('no-history.txt', 'a text that is longer than sixteen');
  const words = [...place.suites('random'), '--history', text];
  const { code, stdout, stderr } = await run(words, place.folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Verdict {2}pass/);
  expect(stderr).toContain('The run is not in the history, and its verdict stands');
  expect(readFileSync(text, 'utf8')).toBe('a text that is longer than sixteen');
});

test('a run that is added by its report is there once', async () => {
  const added = await withHistory('history', 'add', 'report');
  expect(added.stdout).toMatch(/^\w{8} {2}added: /);
  expect((await withHistory('history', 'add', 'report')).stdout).toMatch(/was there/);
  const rigs = await withHistory('history', 'rigs', '--json');
  expect(JSON.parse(rigs.stdout)).toMatchObject([{ runs: 3, passed: 3 }]);
  const tests = await withHistory('history', 'tests');
  expect(tests.stdout).toMatch(/^failed +passed/);
});

test('the morning page is made, the command is told, and the exit code is the verdict', async () => {
  const notify = 'cat > told.md; echo "$H1_HIL_VERDICT $H1_HIL_NIGHT" > verdict';
  const { code, stdout } = await withHistory(
    'morning',
    '--report',
    'page',
    '--notify',
    notify,
    '--summary',
    'summary.md',
  );
  expect([code, stdout.includes('✅ pass')]).toEqual([0, true]);
  const told = readFileSync(join(place.folder, 'told.md'), 'utf8');
  expect(told).toBe(readFileSync(join(place.folder, 'page', 'morning.md'), 'utf8'));
  expect(told).toBe(readFileSync(join(place.folder, 'summary.md'), 'utf8'));
  expect(readFileSync(join(place.folder, 'verdict'), 'utf8')).toMatch(/^pass \d{4}-\d\d-\d\d\n$/);
  expect(readFileSync(join(place.folder, 'page', 'index.html'), 'utf8')).toContain('</html>');
});

test('a command that fails makes no pass of the morning, and no night has no verdict', async () => {
  const failed = await withHistory('morning', '--report', 'page', '--notify', 'exit 7');
  expect([failed.code, failed.stderr]).toEqual([3, expect.stringContaining('it ended with code 7')]);
  const none = await withHistory('morning', '--report', 'page', '--night', '2020-01-01');
  expect([none.code, none.stdout.includes('No run belongs to the night')]).toEqual([3, true]);
});

test('a known failure whose end has passed keeps the night from being a pass', async () => {
  const entry = 'quarantine:\n  - suite: reset\n    owner: anna\n    reason: r\n    until: 2020-01-01\n';
  place.write('known.yaml', entry);
  const { code, stdout } = await withHistory('morning', '--report', 'page', '--known', 'known.yaml');
  expect(code).toBe(3);
  expect(stdout).toContain('of anna ended on 2020\\-01\\-01'.replaceAll('\\', ''));
});

for (const [words, says] of [
  [['morning', '--night', '2026-13-01'], '--night takes a date such as 2026-11-30'],
  [['morning', '--known', 'missing.yaml'], 'The known failures in missing.yaml cannot be read'],
  [['compare', 'latest', 'latest', '--change', 'much'], '--change takes a share such as 0.05'],
  [['history', 'add', 'nowhere'], 'There is no report of a run in nowhere'],
  [['reports', 'prune', '--keep', 'few'], '--keep takes a number of reports such as 50'],
] as const)
  test(`${words.join(' ')} is refused in words`, async () => {
    const isReports = words[0] === 'reports';
    const { code, stderr } = isReports ? await run(words, place.folder) : await withHistory(...words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

test('the quarantined tests can be run alone, and a file that quarantines none of them is refused', async () => {
  const entry = (title: string): string =>
    `quarantine:\n  - test: ${title}\n    owner: anna\n    reason: r\n    until: 2999-12-31\n`;
  place.write('quarantine.yaml', entry('a claim that holds'));
  const words = [...place.suites('mixed'), '--only-quarantined', '--known', 'quarantine.yaml'];
  const { code, stdout } = await run(words, place.folder);
  expect([code, stdout.includes('1 passed, 0 failed, 0 skipped')]).toEqual([0, true]);
  expect(stdout).toMatch(/Again .* --only-quarantined --known quarantine\.yaml/);
  place.write('quarantine.yaml', entry('another'));
  const none = await run(words, place.folder);
  expect([none.code, none.stderr]).toEqual([
    2,
    expect.stringContaining('None of these tests is quarantined'),
  ]);
});

test('a history that is not there is told', async () => {
  const { code, stderr } = await run(['history', '--history', 'none.sqlite'], place.folder);
  expect([code, stderr]).toEqual([2, expect.stringContaining('There is no history in')]);
});
