import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';

const MODULE = fileURLToPath(new URL('../../../src/boards/virtual-lab/lab-folder.ts', import.meta.url));
const NAMESPACE = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0];
/** Above the most that a kernel gives a process. */
const NOBODY = 5_000_000;

let temporary: string;
test.beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'h1-hil-orphans-'));
  chmodSync(temporary, 0o777);
});
test.afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
});

function leave(name: string): string {
  const folder = join(temporary, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'console'), '');
  return folder;
}

/** Makes a folder in a process of its own, whose temporary folder this is, as this user or another. */
const make = (uid?: number): string =>
  execFileSync(
    process.execPath,
    [
      '--import',
      'tsx',
      '-e',
      `import(${JSON.stringify(MODULE)}).then((m) => console.log(m.makeLabFolder()))`,
    ],
    {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: temporary },
      ...(uid !== undefined && { uid, gid: uid }),
    },
  ).trim();

test('the folder of a killed lab goes, that of one that lives or of another process namespace stays', () => {
  const orphan = leave(`h1-hil-lab-${NAMESPACE}-${NOBODY}-a`);
  const alive = leave(`h1-hil-lab-${NAMESPACE}-${process.pid}-b`);
  const elsewhere = leave(`h1-hil-lab-1-${NOBODY}-c`);
  expect(existsSync(make())).toBe(true);
  expect([orphan, alive, elsewhere].map((folder) => existsSync(folder))).toEqual([false, true, true]);
});

test('a folder that another user left keeps nobody from a lab', () => {
  test.skip(process.getuid?.() !== 0, 'Needs root, to be two users.');
  const foreign = leave(`h1-hil-lab-${NAMESPACE}-${NOBODY}-d`);
  chmodSync(foreign, 0o700);
  expect(existsSync(make(65_534))).toBe(true);
  expect(existsSync(foreign)).toBe(true);
});
