import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { hasProcess } from '../process.ts';

const ORPHAN = fileURLToPath(new URL('orphan.ts', import.meta.url));
const STOPPED = fileURLToPath(new URL('stopped.ts', import.meta.url));

test('a worker that never yields is ended when its runner was killed', async () => {
  const runner = spawn('sh', ['-c', '"$0" --import tsx "$1" & wait', process.execPath, ORPHAN]);
  let said = '';
  runner.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const [line] = (await once(runner.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(hasProcess(pid)).toBe(true);
  runner.kill('SIGKILL');
  await expect.poll(() => hasProcess(pid), { timeout: 25_000 }).toBe(false);
  expect(said).toContain(
    'h1-hil watchdog: "an endless test" is still under way although its run is gone; its worker is ended.',
  );
});

test('a worker that was stopped for longer than its limit goes on when it is continued', async () => {
  const worker = spawn(process.execPath, ['--import', 'tsx', STOPPED]);
  try {
    await once(worker.stdout, 'data');
    // The thread is under way after its first checks.
    await pause(1500);
    process.kill(worker.pid!, 'SIGSTOP');
    await pause(5000);
    process.kill(worker.pid!, 'SIGCONT');
    await pause(1500);
    expect({ code: worker.exitCode, signal: worker.signalCode }).toEqual({ code: null, signal: null });
  } finally {
    worker.kill('SIGKILL');
  }
});
