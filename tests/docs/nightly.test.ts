import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { parsePlan } from '../../src/lab/plan.ts';
import { ROOT } from './pages.ts';

const PAGE = readFileSync(join(ROOT, 'docs/nightly.md'), 'utf8');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

/** Each unit of the page by its name: the last one that stands before its block. */
const UNITS = [...PAGE.matchAll(/`(h1-hil-\w+\.(?:service|timer))`[^`]*```ini\n([^`]*)```/g)].map(
  ([, name, text]) => [name!, text!] as const,
);

test('the page has three units', () => {
  expect(UNITS.map(([name]) => name)).toEqual([
    'h1-hil-night.service',
    'h1-hil-night.timer',
    'h1-hil-continue.service',
  ]);
});

test('systemd finds nothing wrong in the units', () => {
  test.skip(!hasSystemd, 'this machine has no systemd-analyze');
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-units-'));
  try {
    for (const [name, text] of UNITS)
      writeFileSync(join(folder, name), text.replaceAll('%h/h1-hil', ROOT.replace(/\/$/, '')));
    const files = UNITS.map(([name]) => join(folder, name));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
    // It also tells what is wrong in other units of this machine.
    const ours = stderr.split('\n').filter((line) => line.includes('h1-hil'));
    expect([status, ours]).toEqual([0, []]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the plans of the page and of the examples are plans', () => {
  const [, text = ''] = /```yaml\n([^`]*)```/.exec(PAGE) ?? [];
  expect(parsePlan(text, 'page').jobs.map(({ name }) => name)).toEqual([
    'sleep',
    'soak',
    'explore',
    'margin',
  ]);
  const example = readFileSync(join(ROOT, 'examples/night.yaml'), 'utf8');
  expect(parsePlan(example, 'example').jobs).toHaveLength(2);
});
