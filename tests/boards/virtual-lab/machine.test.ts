import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test as base } from '@playwright/test';
import { LabUnprepared } from '../../../src/boards/virtual-lab/errors.ts';
import { GuestFailed, VirtualLabBoard } from '../../../src/boards/virtual-lab/index.ts';
import { run, start } from '../../cli/h1-hil.ts';
import { needsLab } from './here.ts';

const PREPARE = fileURLToPath(new URL('../../../rigs/virtual-lab/prepare.sh', import.meta.url));
const OPEN_LAB = fileURLToPath(new URL('open-lab.ts', import.meta.url));

/** A folder that is first in PATH, for programs that stand in for others. */
const test = base.extend<{ folder: string; standIn: (name: string, script: string) => void }>({
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-machine-'));
    const { PATH } = process.env;
    process.env['PATH'] = `${folder}:${PATH ?? ''}`;
    await use(folder);
    process.env['PATH'] = PATH;
    rmSync(folder, { recursive: true });
  },
  standIn: async ({ folder }, use) => {
    await use((name, script) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, name), 0o755);
    });
  },
});

test.describe.configure({ mode: 'default', timeout: 180_000 });

/** A virtual lab of the test's own, so that tests can run side by side. */
function rigIn(folder: string, field = 'firmware: 0.5.4'): string {
  const file = join(folder, 'lab.yaml');
  writeFileSync(file, `description: Of one test\nboard:\n  kind: virtual-lab\n  ${field}\n`);
  return file;
}

/** Those that run still. */
const alive = (pids: readonly number[]): number[] => pids.filter((pid) => existsSync(`/proc/${pid}/cmdline`));

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** Everything that a process started, itself and what that started included. */
const familyOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(familyOf)];

const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

/** Waits until none of them runs any more. Answers those that still do after the limit. */
async function gone(pids: readonly number[], limitMs: number): Promise<number[]> {
  const end = performance.now() + limitMs;
  while (alive(pids).length > 0 && performance.now() < end) await pause(50);
  return alive(pids);
}

test('a machine without QEMU is a sentence with the package, exit code 2, and no wait', async ({
  folder,
}) => {
  for (const program of ['sh', 'dirname', 'node']) {
    const path = process.env['PATH']!.split(':')
      .map((part) => join(part, program))
      .find(existsSync)!;
    writeFileSync(join(folder, program), `#!${path === '' ? '' : '/bin/sh'}\nexec ${path} "$@"\n`);
    chmodSync(join(folder, program), 0o755);
  }
  process.env['PATH'] = folder;
  for (const command of [['run', '--rig', rigIn(folder)], ['parity']]) {
    const { code, stderr } = await run(command);
    expect(stderr).toContain(
      'virtual lab: qemu-system-x86_64 is missing: install the Debian package qemu-system-x86.',
    );
    expect(code).toBe(2);
  }
});

test('a program that the rig file wants in the guest and this machine lacks is a sentence, exit code 2', async ({
  folder,
}) => {
  needsLab();
  const { code, stderr } = await run(['run', '--rig', rigIn(folder, 'programs: [no-such-program]')]);
  expect(stderr).toContain('virtual lab: the program no-such-program is not on this machine');
  expect(code).toBe(2);
});

test('a guest that never comes up is given up at the limit, and QEMU ended', async ({ folder, standIn }) => {
  needsLab();
  standIn('qemu-system-x86_64', `echo $$ > ${folder}/pid; exec sleep 600`);
  const failure: unknown = await VirtualLabBoard.open({ seed: 1, machine: { bootLimitMs: 1500 } }).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(GuestFailed);
  expect(String(failure)).toContain('did not come up within 1.5 s: this machine is too slow or too loaded');
  expect(alive([Number(readFileSync(join(folder, 'pid'), 'utf8'))])).toEqual([]);
});

test('a guest that ends while it comes up is a sentence with what its console said', async ({ standIn }) => {
  needsLab();
  standIn(
    'qemu-system-x86_64',
    `for a in "$@"; do case $a in file:*) echo 'Kernel panic: no init' > "\${a#file:}";; esac; done; exit 3`,
  );
  await expect(VirtualLabBoard.open({ seed: 1 })).rejects.toThrow(
    "The virtual lab's guest ended with status 3. Its console ends with: Kernel panic: no init",
  );
});

test('a QEMU without the device that reaches the chip is a sentence with what has it', async ({
  standIn,
}) => {
  needsLab();
  standIn(
    'qemu-system-x86_64',
    `echo "qemu-system-x86_64: -device x-pci-proxy-dev: 'x-pci-proxy-dev' is not a valid device model name" >&2; exit 1`,
  );
  const failure: unknown = await VirtualLabBoard.open({ seed: 1 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LabUnprepared);
  expect(String(failure)).toContain('virtual lab: this QEMU has no device x-pci-proxy-dev');
});

test('QEMU dies with the process that has the lab, even when that is killed, and the next lab clears up', async () => {
  needsLab();
  const child = spawn(process.execPath, ['--import', 'tsx', OPEN_LAB], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const qemu = childrenOf(child.pid!).filter((pid) => commandOf(pid).startsWith('qemu-system-x86_64'));
  const folder = /file:([^,]*h1-hil-lab-[^/]*)\//.exec(commandOf(qemu[0]!))![1]!;
  expect([qemu.length, existsSync(folder)]).toEqual([1, true]);
  child.kill('SIGKILL');
  expect(await gone(qemu, 10_000)).toEqual([]);
  const board = await VirtualLabBoard.open({ seed: 1 });
  await board.close();
  expect(existsSync(folder)).toBe(false);
});

test('nothing of a run is left when the command itself is killed', async ({ folder }) => {
  needsLab();
  const report = join(folder, 'report');
  const begun = start(['run', 'device-file', '--rig', rigIn(folder), '--seed', '1', '--report', report]);
  begun.ended.catch(() => undefined);
  await begun.says('tests on rig');
  await pause(4000);
  const family = familyOf(begun.process.pid!);
  expect(family.length).toBeGreaterThan(1);
  begun.process.kill('SIGKILL');
  expect(await gone(family, 20_000)).toEqual([]);
});

test('a build of the guest that was interrupted is taken up again, without a new download', async ({
  folder,
  standIn,
}) => {
  needsLab();
  const cache = join(folder, 'cache');
  const prepared = await once(['sh', '-c', `'${PREPARE}' '${cache}'`]);
  expect(prepared.code).toBe(0);
  const lab = prepared.stdout.trim();
  // As after a SIGKILL in the middle of it: the package is there, half a build, and no mark.
  for (const name of ['complete', 'initrd', 'kernel', 'identity']) rmSync(join(lab, name));
  mkdirSync(join(lab, 'build'));
  mkdirSync(join(lab, 'download'));
  standIn('apt-get', 'echo downloads again >&2; exit 1');
  const again = await once(['sh', '-c', `'${PREPARE}' '${cache}'`]);
  expect([again.code, again.stdout.trim(), again.stderr.includes('downloads again')]).toEqual([
    0,
    lab,
    false,
  ]);
  for (const name of ['complete', 'initrd', 'kernel', 'identity'])
    expect(existsSync(join(lab, name))).toBe(true);
});

test('a kernel that cannot be downloaded is a sentence that says what else can be done', async ({
  folder,
  standIn,
}) => {
  needsLab();
  standIn('apt-get', 'exit 100');
  const { code, stderr } = await once(['sh', '-c', `'${PREPARE}' '${join(folder, 'cache')}'`]);
  expect(stderr).toContain(
    "cannot be downloaded; give its headers' version a mirror, or put the package into",
  );
  expect(code).toBe(1);
});

/** Runs a program to its end. */
function once([program, ...args]: readonly string[]): Promise<{
  code: number;
  stdout: string;
  stderr: string;
}> {
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (text: Buffer) => (said.stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (said.stderr += text.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? -1, ...said });
    });
  });
}
