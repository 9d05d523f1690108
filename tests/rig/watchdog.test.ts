import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { hasProcess } from '../process.ts';

const ORPHAN = fileURLToPath(new URL('orphan.ts', import.meta.url));

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
