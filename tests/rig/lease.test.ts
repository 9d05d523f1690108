import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import type { Rig } from '../../src/rig/index.ts';
import { holderOf, RigBusy, takeLease } from '../../src/rig/index.ts';
import { simRig } from './sim-rig.ts';

const bench = (file: string, chipSelect: number): Rig => ({
  ...simRig(file),
  board: { kind: 'linux', spi: { device: `/dev/spidev9.${chipSelect}`, sckHz: 1_000_000 }, lines: {} },
});
const HOLDER = { pid: process.pid, user: 'lab', since: '2026-01-02T03:04:05.000Z', run: 'h1-hil run' };

test('a second run is told who holds the rig, since when and for what', async () => {
  const lease = await takeLease(simRig('a'), HOLDER);
  await expect(takeLease(simRig('a'), HOLDER)).rejects.toThrow(
    `Rig a is held by lab, process ${process.pid}, since 2026-01-02T03:04:05.000Z for "h1-hil run". Wait for that run to end, or use another rig.`,
  );
  expect(await holderOf(simRig('a'))).toEqual(HOLDER);
  await lease.release();
  expect(await holderOf(simRig('a'))).toBeUndefined();
  await (await takeLease(simRig('a'), HOLDER)).release();
});

test('two files that name one bus are one rig, whatever the chip select; two simulated boards are two', async () => {
  const leases = [
    await takeLease(bench('one', 7), HOLDER),
    await takeLease(simRig('b'), HOLDER),
    await takeLease(simRig('c'), HOLDER),
  ];
  await expect(takeLease(bench('two', 0), HOLDER)).rejects.toThrow(RigBusy);
  for (const lease of leases) await lease.release();
});

test('a holder that is killed holds nothing any more', async () => {
  const script = fileURLToPath(new URL('./lease-holder.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, String(process.pid)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    expect(await holderOf(simRig('d'))).toMatchObject({ pid: child.pid });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  expect(await holderOf(simRig('d'))).toBeUndefined();
});
