import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { run } from './h1-hil.ts';

let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-new-'));
});
test.afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a suite that is begun outside of the project runs as it is', async () => {
  test.setTimeout(120_000);
  const begun = await run(['new', 'suite', 'night-run', '--suites', folder]);
  expect([begun.code, readdirSync(folder).sort()], begun.stderr).toEqual([0, ['night-run', 'package.json']]);
  expect(begun.stdout).toContain(`Run it: h1-hil run night-run --suites ${folder}`);
  const args = ['run', 'night-run', '--suites', folder, '--profile', 'linux-6.1', '--seed', '3'];
  const { code, stdout, stderr } = await run([...args, '--report', join(folder, 'report')]);
  expect(code, stderr + stdout).toBe(0);
  expect(stdout).toContain('1 passed, 0 failed, 0 skipped');
});

test('a suite that is begun through a link imports from where it really is', async () => {
  const real = join(folder, 'deep/er/suites');
  mkdirSync(real, { recursive: true });
  const link = join(folder, 'link');
  symlinkSync(real, link);
  const { code, stderr } = await run(['new', 'suite', 'night-run', '--suites', link]);
  expect(code, stderr).toBe(0);
  const place = join(real, 'night-run');
  const [, path] = /from '([^']*)'/.exec(readFileSync(join(place, 'night-run.suite.ts'), 'utf8'))!;
  expect(resolve(place, path!)).toBe(resolve('fixtures/index.ts'));
});

test('a name that is none, and one that is taken, are told', async () => {
  const wrong = await run(['new', 'suite', 'Night Run', '--suites', folder]);
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('"Night Run" is no name of a suite'),
  ]);
  await run(['new', 'suite', 'mine', '--suites', folder]);
  const again = await run(['new', 'suite', 'mine', '--suites', folder]);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is there already')]);
});
