import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from '@playwright/test';
import { LocalFiles } from '../../../src/boards/kernel-host/local-files.ts';
import { skippedWithout } from '../../programs.ts';

const ENOENT = -2;
const EISDIR = -21;
const POLLIN = 1;

const files = new LocalFiles();
const text = (read: Uint8Array | number): string | number =>
  typeof read === 'number' ? read : Buffer.from(read).toString();

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-files-'));
    await use(folder);
    rmSync(folder, { recursive: true });
  },
});

test('reads go on where the last one ended, and one at a place does not move it', async ({ folder }) => {
  const path = join(folder, 'text');
  writeFileSync(path, 'abcdef');
  const file = await files.open(path, constants.O_RDONLY);
  expect([
    text(await files.read(file, 2)),
    text(await files.readAt(file, 2, 4)),
    text(await files.read(file, 9)),
    text(await files.read(file, 9)),
  ]).toEqual(['ab', 'ef', 'cdef', '']);
  expect(await files.close(file)).toBe(0);
});

test('a failure is the negative error number of the system', async ({ folder }) => {
  expect(await files.open(join(folder, 'none'), constants.O_RDONLY)).toBe(ENOENT);
  expect(await files.list(join(folder, 'none'))).toBe(ENOENT);
  const file = await files.open(folder, constants.O_RDONLY);
  expect(await files.read(file, 1)).toBe(EISDIR);
  await files.close(file);
});

test('a write answers the number of bytes, and a folder its names', async ({ folder }) => {
  const file = await files.open(join(folder, 'new'), constants.O_WRONLY | constants.O_CREAT);
  expect(await files.write(file, Buffer.from('three'))).toBe(5);
  await files.close(file);
  expect(await files.list(folder)).toEqual(['new']);
});

test('poll answers 0 at its limit, and what there is before it', async ({ folder }) => {
  const skipped = skippedWithout('python3', 'python3');
  test.skip(skipped !== undefined, skipped);
  const path = join(folder, 'fifo');
  execFileSync('mkfifo', [path]);
  const file = await files.open(path, constants.O_RDWR);
  expect(await files.poll(file, POLLIN, 10)).toBe(0);
  await files.write(file, Buffer.from('x'));
  expect(await files.poll(file, POLLIN, 10_000)).toBe(POLLIN);
  await files.close(file);
});

test('a program answers its status and all that it said; one that is not there ends with 127', async () => {
  expect(await files.run(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
    status: 3,
    output: 'out\nerr\n',
  });
  expect((await files.run(['no-such-program-of-h1-hil'])).status).toBe(127);
});
