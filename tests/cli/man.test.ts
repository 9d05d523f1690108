import { spawnSync } from 'node:child_process';
import { expect, test } from '@playwright/test';
import { skippedWithout } from '../programs.ts';
import { run } from './h1-hil.ts';

test.describe.configure({ timeout: 60_000 });

test('the manual page has each command with its options, the exit codes, and what its help shows as examples', async () => {
  const { stdout: page, code } = await run(['man']);
  expect(code).toBe(0);
  for (const text of [
    '.SS h1\\-hil rig show [options] <rig>',
    '.B \\-\\-keep\\-traces',
    'h1\\-hil run sleep\\-wake/margin:79 \\-\\-repeat\\-each 10',
    '.TP\n.B 130\nended by Ctrl\\-C',
    '.B H1_HIL_JOBS',
  ])
    expect(page).toContain(text);
});

test('each command shows examples in its help', async () => {
  const { stdout: page } = await run(['man']);
  const [, ...sections] = page.split('.SH EXIT STATUS')[0]!.split('.SS ');
  expect(sections.length).toBeGreaterThan(40);
  expect(sections.filter((text) => !text.includes('Example')).map((text) => text.split('\n')[0])).toEqual([]);
});

test('groff reads it without a warning', async () => {
  const reason = skippedWithout('groff-base', 'groff');
  test.skip(reason !== undefined, reason);
  const { stdout: page } = await run(['man']);
  const groff = ['-man', '-Tutf8', '-ww', '-P-c'];
  const { stdout, stderr } = spawnSync('groff', groff, { input: page, encoding: 'utf8' });
  expect([stderr, stdout.includes('h1-hil rig show')]).toEqual(['', true]);
});
