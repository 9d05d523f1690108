import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { hasProcess } from '../process.ts';
import { start } from './h1-hil.ts';

// Commands that run one child after the other: when they are ended, so is what runs, and nothing else is begun.

const COMMANDS = [
  { args: ['test'], until: 'check  format', next: 'check  types' },
  { args: ['score', '--sample', '3'], until: '1/3', next: '2/3' },
] as const;

/** The child that follows what was said runs for seconds. */
const UNTIL_IT_RUNS_MS = 500;

test.describe.configure({ timeout: 60_000 });

/** The process group of the command under test. */
let group: number | undefined;
test.afterEach(() => {
  // What a failed test has left running.
  if (group !== undefined && hasProcess(-group)) process.kill(-group, 'SIGKILL');
  group = undefined;
});

for (const { args, until, next } of COMMANDS)
  test(`h1-hil ${args[0]} that is ended alone answers 130 and leaves nothing running`, async () => {
    const running = start(args);
    const pid = running.process.pid!;
    group = pid;
    await running.says(until);
    await pause(UNTIL_IT_RUNS_MS);
    process.kill(pid, 'SIGTERM');
    const { code, stdout, stderr } = await running.ended;
    expect(stderr).toContain('h1-hil: Interrupted: what was running was ended, and nothing else was begun.');
    expect(stdout + stderr).not.toContain(next);
    expect(code).toBe(130);
    // The last of a group is gone only when init has buried it, which takes a moment on a busy machine.
    await expect
      .poll(() => hasProcess(-pid), { message: 'no process of it is left', timeout: 5_000 })
      .toBe(false);
  });
