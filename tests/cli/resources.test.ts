import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import type { Ended } from './h1-hil.ts';
import { Workplace } from './h1-hil.ts';

// What a run says when the host lacks something: the verdict, the cause in a sentence, exit code 3, and no stack.

test.describe.configure({ timeout: 240_000 });

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const A_STACK = /^\s+at .+:\d+:\d+/m;

let place: Workplace;
let mounted: string | undefined;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  if (mounted !== undefined) spawnSync('umount', [mounted]);
  mounted = undefined;
  place.remove();
});

/** Runs the command of a person, in a shell that did this first. `stdout` is a descriptor that takes what is said. */
async function inShell(
  before: string,
  args: readonly string[],
  stdout: 'pipe' | number = 'pipe',
): Promise<Ended> {
  const child = spawn('/bin/sh', ['-c', `${before}; exec ./h1-hil "$@"`, 'sh', ...args], {
    cwd: ROOT,
    stdio: ['ignore', stdout, 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => (said[name] += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, ...said };
}

/** A disk of that size for the report. */
function smallDisk(size: string): void {
  test.skip(process.getuid?.() !== 0, 'Needs root, to mount a small disk.');
  mkdirSync(place.report);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place.report]);
  test.skip(status !== 0, `A small disk cannot be mounted here: ${stderr.toString().trim()}`);
  mounted = place.report;
}

test('a disk that has no room for a report is named before anything is run', async () => {
  smallDisk('200k');
  const { code, stderr } = await inShell(':', place.suites('random'));
  expect(stderr).toMatch(/^h1-hil: The report cannot go to \S+: No space left\b/);
  expect(stderr).not.toMatch(A_STACK);
  expect(code).toBe(3);
});

for (const [limit, says] of [
  [
    'ulimit -n 40',
    /^h1-hil: a process may have 40 files open here, and 256 are needed: raise ulimit -n\.\n$/,
  ],
  [
    'ulimit -v 4000000',
    /^h1-hil: a process may have 4000000 KiB of addresses here, .*: raise ulimit -v\.\n$/,
  ],
] as const)
  test(`with ${limit} nothing is begun, and a sentence says what to raise`, async () => {
    const { code, stderr } = await inShell(limit, place.suites('random'));
    expect(stderr).toMatch(says);
    expect(code).toBe(3);
  });

test('a summary that cannot be printed is no success', async () => {
  const { code } = await inShell(':', [...place.suites('random'), '--json'], openSync('/dev/full', 'w'));
  expect(code).toBe(3);
});
