import { expect } from '@playwright/test';
import type { VirtualLabBoard } from '../../../src/boards/virtual-lab/index.ts';
import { GuestFailed } from '../../../src/boards/virtual-lab/index.ts';
import { KernelDriver } from '../../../src/kernel/index.ts';
import { seconds } from '../../../src/units/index.ts';
import { labTest as test } from './here.ts';

test.describe.configure({ mode: 'default', timeout: 120_000 });

/** Messages on the bus in the three seconds after the probe: the kernel's reader runs within 1.5 s of it, if at all. */
async function messagesOfItsOwn({ kernel, clock }: VirtualLabBoard): Promise<number> {
  const stack = await KernelDriver.open(kernel, clock);
  await stack.probe();
  const before = await stack.statistic('messages');
  await clock.sleep(seconds(3));
  const after = await stack.statistic('messages');
  await stack.remove();
  return after - before;
}

const source = async ({ kernel }: VirtualLabBoard): Promise<string> =>
  (await kernel.files.run(['cat', '/sys/class/misc/hw_random/rng_current'])).output;

test('the kernel sends no command in the background once it fills its pool from another source', async ({
  lab,
}) => {
  expect(await messagesOfItsOwn(lab)).toBeGreaterThan(20);
  await lab.kernel.fillPoolElsewhere?.();
  expect(await messagesOfItsOwn(lab)).toBe(0);
  expect(await source(lab)).toBe('h1lab\n');
  await lab.kernel.setInterrupt?.(false);
  expect(await source(lab)).toBe('h1lab\n');
});

test('a board module that cannot be loaded again is a sentence', async ({ lab }) => {
  await lab.kernel.files.run(['rm', '/lib/modules/h1lab.ko']);
  const failure: unknown = await lab.kernel.setInterrupt?.(false).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(GuestFailed);
  expect(String(failure)).toContain(
    'guest could not do "insmod /lib/modules/h1lab.ko ready_irq=0 own_random=0": ',
  );
});
