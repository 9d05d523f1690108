import { expect } from '@playwright/test';
import type { VirtualLabBoard } from '../../../src/boards/virtual-lab/index.ts';
import { GuestFailed } from '../../../src/boards/virtual-lab/index.ts';
import { KernelDriver } from '../../../src/kernel/index.ts';
import type { Duration } from '../../../src/units/index.ts';
import { later, ms, seconds } from '../../../src/units/index.ts';
import { labTest as test } from './here.ts';

test.describe.configure({ mode: 'default', timeout: 120_000 });

/** Longest time in which the kernel's reader begins. It runs within 1.5 s of the probe on a machine of usual speed. */
const READER_LIMIT = seconds(30);

/** Messages on the bus in a time after the probe, or fewer than all when there are `enough`. */
async function messagesOfItsOwn(
  { kernel, clock }: VirtualLabBoard,
  limit: Duration,
  enough = Infinity,
): Promise<number> {
  const stack = await KernelDriver.open(kernel, clock);
  await stack.probe();
  const before = await stack.statistic('messages');
  const end = later(clock.now(), limit);
  let seen = 0;
  do {
    await clock.sleep(ms(500));
    seen = (await stack.statistic('messages')) - before;
  } while (seen < enough && clock.now() < end);
  await stack.remove();
  return seen;
}

const source = async ({ kernel }: VirtualLabBoard): Promise<string> =>
  (await kernel.files.run(['cat', '/sys/class/misc/hw_random/rng_current'])).output;

test('the kernel sends no command in the background once it fills its pool from another source', async ({
  lab,
}) => {
  // More than one command.
  expect(await messagesOfItsOwn(lab, READER_LIMIT, 21)).toBeGreaterThan(20);
  await lab.kernel.fillPoolElsewhere?.(true);
  expect(await messagesOfItsOwn(lab, seconds(3))).toBe(0);
  expect(await source(lab)).toBe('h1lab\n');
  await lab.kernel.setInterrupt?.(false);
  expect(await source(lab)).toBe('h1lab\n');
});

test('a parameter that the board module does not take is a sentence', async ({ lab }) => {
  await lab.kernel.files.run(['umount', '/sys']);
  const failure: unknown = await lab.kernel.setInterrupt?.(false).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(GuestFailed);
  expect(String(failure)).toContain('guest could not set /sys/module/h1lab/parameters/ready_irq: ');
});
