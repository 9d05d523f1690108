import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { run, Workplace } from './h1-hil.ts';

test.describe.configure({ timeout: 120_000 });

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

const POLICY = 'examples/qualification-quick.yaml';
const SLEEP = ['run', 'sleep-wake', '--profile', 'recommended', '--seed', '1', '--history', 'none'];

for (const [what, more, says] of [
  [
    'of some tests of the suite',
    ['--grep', 'wake pulse'],
    /not shown +rig .*tests are not in the run, such as/,
  ],
  [
    'of one file of the suite',
    ['sleep-wake/wake-pulse'],
    /not shown +rig .*tests are not in the run, such as/,
  ],
  ['without judges', ['--judging', 'off'], /not shown +rig .*that no test declared were not looked for/],
] as const)
  test(`a report ${what} is no go`, async () => {
    const words = more[0].startsWith('--') ? [...SLEEP, ...more] : [SLEEP[0]!, ...more, ...SLEEP.slice(2)];
    expect((await run([...words, '--report', place.report])).code).toBe(0);
    const { code, stdout } = await run(['qualify', POLICY, '--runs', place.report]);
    expect(stdout).toMatch(says);
    expect(stdout).toContain('Decision not shown');
    expect(code).toBe(4);
  });

test('a whole report is a go, and its evidence holds', async () => {
  expect((await run([...SLEEP, '--report', place.report])).code).toBe(0);
  const out = join(place.folder, 'evidence');
  const { code, stdout } = await run(['qualify', POLICY, '--runs', place.report, '--out', out]);
  expect(stdout).toContain('Decision go');
  expect(code).toBe(0);
});
