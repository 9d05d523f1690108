import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Running } from './h1-hil.ts';
import { start } from './h1-hil.ts';

// Who may connect to a socket of ours.

test.describe.configure({ timeout: 120_000 });

let folder: string;
let server: Running | undefined;
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-sockets-'));
});
test.afterEach(async () => {
  server?.process.kill('SIGTERM');
  await server?.ended;
  server = undefined;
  rmSync(folder, { recursive: true });
});

for (const args of [
  ['chip', 'serve', '--socket'],
  ['tpm', '--listen'],
])
  test(`nobody but the user may connect to ${args.slice(0, 2).join(' ')}, whatever the mask of the shell`, async () => {
    const socket = join(folder, 'a.sock');
    const before = process.umask(0);
    server = start([...args, socket]);
    process.umask(before);
    await server.says('Listening at');
    expect((statSync(socket).mode & 0o777).toString(8)).toBe('600');
  });
