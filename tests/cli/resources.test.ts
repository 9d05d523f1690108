import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { readSummary } from '../../src/report/summary.ts';
import type { Ended } from './h1-hil.ts';
import { start, Workplace } from './h1-hil.ts';

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

test('a disk that fills while tests run: the verdict, the cause, and a summary that says the same', async () => {
  smallDisk('4m');
  for (const gate of ['begin', 'end'] as const) place.openGate(gate);
  const running = start(place.suites('gated'));
  await running.says('gate test\n');
  fill(place.report);
  place.openGate('test');
  const { code, stdout, stderr } = await running.ended;
  expect(stdout, stderr).toContain('\nVerdict  no verdict');
  expect(stdout).toMatch(/^Because {2}No space left in \S+\.$/m);
  expect(stdout + stderr).not.toMatch(A_STACK);
  expect(readSummary(place.report)).toMatchObject({
    verdict: 'no verdict',
    because: expect.arrayContaining([expect.stringMatching(/^No space left in /)]),
  });
  expect(code).toBe(3);
});

test('a disk that is full when the report is made: no pass, and the cause', async () => {
  smallDisk('4m');
  for (const gate of ['begin', 'test'] as const) place.openGate(gate);
  const running = start(place.suites('gated'));
  await running.says('gate end\n');
  fill(place.report);
  place.openGate('end');
  const { code, stdout } = await running.ended;
  expect(stdout).toMatch(/^Because {2}No space left in \S+\.$/m);
  expect(readSummary(place.report)).toMatchObject({ verdict: 'no verdict', passed: 2 });
  expect(code).toBe(3);
});

test('a disk that may not be written is named before anything is run', async () => {
  smallDisk('4m');
  expect(spawnSync('mount', ['-o', 'remount,ro', place.report]).status).toBe(0);
  const { code, stderr } = await inShell(':', place.suites('random'));
  expect(stderr).toMatch(/^h1-hil: The report cannot go to \S+: .*read-only/m);
  expect(stderr).not.toMatch(A_STACK);
  expect(code).toBe(2);
});

/** Takes every byte that is left there. */
function fill(folder: string): void {
  const file = openSync(join(folder, 'filler'), 'w');
  for (let size = 1 << 20; size >= 1; size >>= 1)
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch (failure) {
      expect(failure).toMatchObject({ code: 'ENOSPC' });
    }
  closeSync(file);
}

test('a run is whole with the fewest descriptors that are allowed', async () => {
  const { code, stdout } = await inShell('ulimit -n 256', place.suites('random'));
  expect(stdout).toContain('\nVerdict  pass');
  expect(code).toBe(0);
});

test('a worker that has too little memory is named, and is no failure of the chip', async () => {
  const { code, stdout } = await inShell(
    'export NODE_OPTIONS=--max-old-space-size=150',
    place.suites('hungry'),
  );
  expect(stdout).toContain('lab service: ');
  expect(stdout).toContain('\nVerdict  no verdict');
  expect(readSummary(place.report)).toMatchObject({ verdict: 'no verdict', passed: 1, failed: 1 });
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
