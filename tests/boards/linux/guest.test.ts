import { expect, test as base } from '@playwright/test';
import { LabUnprepared } from '../../../src/boards/virtual-lab/errors.ts';
import type { Clause } from '../contract/clauses.ts';
import { CLAUSES } from '../contract/clauses.ts';
import { FACTS } from './guest/facts.ts';
import { isBuilt } from '../../is-built.ts';
import { TestGuest } from './guest/guest.ts';
import type { GuestRig } from './guest/guest-rigs.ts';
import { GUEST_RIGS } from './guest/guest-rigs.ts';

// The board `linux` on a real kernel: a stock Debian kernel in QEMU, whose /dev/spidev* and GPIO reach the simulated chip of
// this process. Node.js runs inside, with spi-device, onoff and koffi as they are installed here.

const BOOT_LIMIT_MS = 180_000;
const SESSION_LIMIT_MS = 300_000;

const test = base.extend<object, { guest: TestGuest | string }>({
  guest: [
    async ({}, use) => {
      const missing = ['spi-device', 'onoff', 'koffi'].find((name) => !isBuilt(name));
      if (missing !== undefined && process.env['CI'] !== 'true') {
        await use(`The package ${missing} is not built here.`);
        return;
      }
      const guest = await TestGuest.boot().catch((failure: unknown) => {
        // Where a machine has all that the guest needs, it is never left out.
        if (!(failure instanceof LabUnprepared) || process.env['CI'] === 'true') throw failure;
        return failure.message;
      });
      await use(guest);
      if (typeof guest !== 'string') await guest.close();
    },
    { scope: 'worker', timeout: BOOT_LIMIT_MS },
  ],
});

// One guest for all: they follow each other in one worker.
test.describe.configure({ mode: 'default', timeout: SESSION_LIMIT_MS });

const RUNS: readonly { rig: GuestRig; which: 'contract' | 'facts'; clauses: readonly Clause[] }[] = [
  ...(Object.keys(GUEST_RIGS) as GuestRig[]).map((rig) => ({
    rig,
    which: 'contract' as const,
    clauses: CLAUSES,
  })),
  { rig: 'linux, system calls, character device', which: 'facts', clauses: FACTS },
];

for (const { rig, which, clauses } of RUNS)
  test(`${rig}: ${which === 'contract' ? 'keeps the contract of all boards' : 'meets a real kernel'}`, async ({
    guest,
  }) => {
    if (typeof guest === 'string') {
      test.skip(true, guest);
      return;
    }
    const outcomes = await guest.outcomes(rig, which);
    for (const { name } of clauses)
      await test.step(name, () => {
        const outcome = outcomes.get(name);
        expect.soft(outcome?.verdict ?? 'not reached', `${name}\n${outcome?.why ?? ''}`).toBe('kept');
        expect.soft(outcome?.seen, `${name}: CS assertions at the chip`).toEqual(outcome?.expected);
      });
  });
