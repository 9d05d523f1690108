import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
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

test('a whole report is a go, its evidence holds, and its pages say what was shown', async () => {
  expect((await run([...SLEEP, '--report', place.report])).code).toBe(0);
  const requirements = readFileSync(join(place.report, 'html', 'requirements.html'), 'utf8');
  expect(requirements).toContain('<b>CHIP 2</b>');
  const out = join(place.folder, 'evidence');
  const [key, pub] = [join(place.folder, 'key.pem'), join(place.folder, 'key.pub.pem')];
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(pub, publicKey.export({ type: 'spki', format: 'pem' }));
  const { code, stdout, stderr } = await run([
    ...['qualify', POLICY, '--runs', place.report, '--out', out, '--sign', key],
  ]);
  expect(stdout).toContain('Decision go');
  expect(code).toBe(0);
  expect(`${stdout}${stderr}`).not.toContain('PRIVATE KEY');
  const page = readFileSync(join(out, 'index.html'), 'utf8');
  expect(page.indexOf('What was not shown')).toBeLessThan(page.indexOf('What was shown'));
  expect(page).toContain('No real board was tested: every chip was simulated.');
  expect(page).not.toMatch(/(src|href)="https?:/);
  expect((await run(['verify', out, '--key', pub])).stdout).toBe('The evidence holds. It decides: go.\n');
  writeFileSync(join(out, 'index.html'), page.replace('GO', 'NO GO'));
  const broken = await run(['verify', out, '--key', pub]);
  expect(broken.code).toBe(5);
  expect(broken.stdout).toContain('configuration "index.html" digest');
});

test('a run of the history is taken where it fits, and after an interruption the same command goes on', async () => {
  const history = join(place.folder, 'history.sqlite');
  const policy = join(place.folder, 'policy.yaml');
  writeFileSync(policy, readFileSync(POLICY, 'utf8').replace('seed: 1', 'seed: 7'));
  const made = ['run', 'sleep-wake', '--profile', 'recommended', '--seed', '7', '--history', history];
  expect((await run([...made, '--report', place.report])).code).toBe(0);
  const { code, stdout } = await run(['qualify', policy, '--history', history, '--json']);
  expect(code).toBe(0);
  const { id } = JSON.parse(readFileSync(join(place.report, 'summary.json'), 'utf8')) as { id: string };
  const { criteria } = JSON.parse(stdout) as { criteria: { kind: string; by: string[] }[] };
  expect(criteria.find(({ kind }) => kind === 'rig')?.by).toEqual([id]);
});
