import type { ChildProcessByStdio } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import type { Holder, Rig } from '../../src/rig/index.ts';
import {
  holderOf,
  joinLease,
  LeaseLost,
  lockFolder,
  RigBusy,
  showHolder,
  acquireLease,
  acquireTurn,
  turnHolder,
} from '../../src/rig/index.ts';
import { simRig } from './sim-rig.ts';

test.describe.configure({ timeout: 120_000 });

const bench = (file: string, chipSelect: number): Rig => ({
  ...simRig(file),
  board: {
    kind: 'linux',
    // A bus of this process alone: tests run side by side.
    spi: { device: `/dev/spidev${process.pid}.${chipSelect}`, sckHz: 1_000_000 },
    lines: {},
  },
});
const shared = (file: string): Rig => ({ ...simRig(file), exclusive: true });
const HOLDER: Holder = {
  id: 'run-1',
  pid: process.pid,
  user: 'lab',
  since: '2026-01-02T03:04:05.000Z',
  run: 'h1-hil run',
};

const children: ChildProcessByStdio<null, Readable, null>[] = [];
test.afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

/** Starts a holder, by `command` before it, and waits for the first thing it says. */
async function startHolder(command: readonly string[] = [], ...args: readonly string[]): Promise<string> {
  const script = fileURLToPath(new URL('./lease-holder.ts', import.meta.url));
  const all = [...command, process.execPath, '--import', 'tsx', script, String(process.pid), ...args];
  const child = spawn(all[0]!, all.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return said.toString();
}

const ofProcess = (): Rig => ({ ...simRig('d', process.pid), exclusive: true });

test('a second run is told who holds the rig, since when and for what', async () => {
  const lease = await acquireLease(shared('a'), HOLDER);
  await expect(acquireLease(shared('a'), HOLDER)).rejects.toThrow(
    `Rig a is held by lab, process ${process.pid}, since 2026-01-02T03:04:05.000Z for "h1-hil run". Wait for that run to end (h1-hil run --wait 10m), or use another rig.`,
  );
  expect(await holderOf(shared('a'))).toEqual(HOLDER);
  await lease.release();
  expect(await holderOf(shared('a'))).toBeUndefined();
  await (await acquireLease(shared('a'), HOLDER)).release();
});

test('two files that name one bus are one rig, whatever the chip select; two simulated boards are two', async () => {
  const leases = [
    await acquireLease(bench('one', 7), HOLDER),
    await acquireLease(shared('b'), HOLDER),
    await acquireLease(shared('c'), HOLDER),
  ];
  await expect(acquireLease(bench('two', 0), HOLDER)).rejects.toThrow(RigBusy);
  for (const lease of leases) await lease.release();
});

test('a simulated rig that nobody shares can be had twice', async () => {
  const leases = [await acquireLease(simRig('e'), HOLDER), await acquireLease(simRig('e'), HOLDER)];
  expect(await holderOf(simRig('e'))).toBeUndefined();
  for (const lease of leases) await lease.release();
});

test('of eight that ask at once one holds the rig', async () => {
  const asked = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLease(shared('f'), HOLDER)));
  const held = asked.filter((one) => one.status === 'fulfilled');
  expect(held).toHaveLength(1);
  await held[0]!.value.release();
});

test('who waits gets the rig when it is free', async () => {
  const lease = await acquireLease(shared('g'), HOLDER);
  const next = acquireLease(shared('g'), HOLDER, { waitMs: 60_000 });
  await pause(700);
  await lease.release();
  await (await next).release();
});

for (const [where, command] of [
  ['of another process', []],
  ['in another network namespace', ['unshare', '-n']],
  ['that its parent does not bury', ['sh', '-c', '"$@" & exec sleep 60', 'sh']],
] as const)
  test(`a holder ${where} keeps others out, and holds nothing when it was killed`, async () => {
    test.skip(command[0] === 'unshare' && process.getuid?.() !== 0, 'the host lacks: root');
    expect(await startHolder(command)).toBe('held\n');
    const holder = await holderOf(ofProcess());
    await expect(acquireLease(ofProcess(), HOLDER)).rejects.toThrow(RigBusy);
    process.kill(holder!.pid, 'SIGKILL');
    await expect.poll(() => holderOf(ofProcess())).toBeUndefined();
    await (await acquireLease(ofProcess(), HOLDER)).release();
  });

test('a holder that is stopped holds on, and who asks is told at once', async () => {
  await startHolder();
  const { pid } = (await holderOf(ofProcess()))!;
  process.kill(pid, 'SIGSTOP');
  await expect(acquireLease(ofProcess(), HOLDER)).rejects.toThrow(`process ${pid}`);
});

test('the rig is not free before the last process that holds it is gone', async () => {
  const said = await startHolder([], 'with a child');
  const child = Number(/child (\d+)/.exec(said)![1]);
  const { pid } = await untilThere(() => holderOf(ofProcess()));
  process.kill(pid, 'SIGKILL');
  const before = performance.now();
  const next = acquireLease(ofProcess(), HOLDER);
  await pause(1_000);
  process.kill(child, 'SIGKILL');
  const lease = await next;
  expect(performance.now() - before).toBeGreaterThan(900);
  await lease.release();
});

/** Asks until there is an answer. */
async function untilThere<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(50);
  }
}

test('a worker shares the lease of its own run alone', async () => {
  const rig = shared('h');
  await expect(joinLease(rig, 'run-1')).rejects.toThrow(LeaseLost);
  const lease = await acquireLease(rig, HOLDER);
  const worker = await joinLease(rig, 'run-1');
  await expect(joinLease(rig, 'run-2')).rejects.toThrow(LeaseLost);
  await lease.release();
  await expect(joinLease(rig, 'run-1')).rejects.toThrow(LeaseLost);
  await worker.release();
});

test('a bench that does not answer, an endless one and one that is no file do not hang who asks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-'));
  try {
    const place = join(folder, 'bench');
    const turn = (await acquireTurn(place, { holder: HOLDER }))!;
    for (const [text, shown] of [
      ['\u001b]0;owned\u0007', 'somebody who does not say who he is'],
      ['x'.repeat(10_000_000), 'somebody who does not say who he is'],
      ['{"pid":{"toString":null}}', 'somebody who does not say who he is'],
      [
        JSON.stringify({ pid: 1, user: '\u001b[31mroot\u0007', since: 's', run: '\u202er'.repeat(1000) }),
        `\\u001b[31mroot\\u0007, process 1, since s for "${'\\u202er'.repeat(100)}..."`,
      ],
    ] as const) {
      writeFileSync(`${place}.lock`, text);
      const holder = (await turnHolder(place)) ?? {};
      expect(showHolder(holder)).toBe(shown);
    }
    turn.release();
    symlinkSync('/dev/zero', join(folder, 'zero.lock'));
    await expect(acquireTurn(join(folder, 'zero'), { holder: HOLDER })).rejects.toThrow('cannot be opened');
    mkdirSync(join(folder, 'folder.lock'));
    await expect(acquireTurn(join(folder, 'folder'), { holder: HOLDER })).rejects.toThrow('cannot be opened');
    execFileSync('mkfifo', [join(folder, 'fifo.lock')]);
    await expect(acquireTurn(join(folder, 'fifo'), { holder: HOLDER })).rejects.toThrow('is no plain file');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a turn whose lock was removed or replaced says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-'));
  try {
    for (const [at, name] of ['lock', 'use'].entries()) {
      const place = join(folder, `bench-${at}`);
      const turn = (await acquireTurn(place, { holder: HOLDER }))!;
      expect(turn.isInPlace()).toBe(true);
      rmSync(`${place}.${name}`);
      expect(turn.isInPlace()).toBe(false);
      writeFileSync(`${place}.${name}`, '');
      expect(turn.isInPlace()).toBe(false);
      turn.release();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the files of a lock are for every user', async () => {
  const rig = shared(`i-${process.pid}`);
  const lease = await acquireLease(rig, HOLDER);
  const file = readdirSync(lockFolder()).find(
    (name) => name.startsWith(`i-${process.pid}`) && name.endsWith('.lock'),
  );
  expect(JSON.parse(readFileSync(join(lockFolder(), file!), 'utf8'))).toEqual(HOLDER);
  await lease.release();
});
