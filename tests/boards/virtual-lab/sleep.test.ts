import { expect } from '@playwright/test';
import { GuestFailed } from '../../../src/boards/virtual-lab/index.ts';
import { KernelDriver } from '../../../src/kernel/index.ts';
import { ms } from '../../../src/units/index.ts';
import { labTest } from './here.ts';

/** With the kernel's driver bound. */
const test = labTest.extend<{ stack: KernelDriver }>({
  stack: async ({ lab }, use) => {
    const stack = await KernelDriver.open(lab.kernel, lab.clock);
    await stack.probe();
    await use(stack);
  },
});

test.describe.configure({ mode: 'default', timeout: 120_000 });

/** Stops every suspend to RAM before the machine sleeps, for some seconds; then the kernel takes it back. */
async function stopShort({ files }: KernelDriver, delayS: number): Promise<void> {
  const script = `echo ${delayS} >/sys/module/suspend/parameters/pm_test_delay; echo core >/sys/power/pm_test`;
  expect(await files.run(['sh', '-c', script])).toEqual({ status: 0, output: '' });
}

for (const kind of ['to-idle', 'via-firmware'] as const)
  test(`a guest that is called as soon as its board goes down comes back, ${kind}`, async ({ stack }) => {
    for (let sleeps = 0; sleeps < 20; sleeps++) {
      await stack.suspend(kind);
      await stack.resume();
    }
    expect(await stack.random(8)).toHaveLength(8);
  });

test('a guest that wakes by itself is not waited for', async ({ stack }) => {
  await stopShort(stack, 1);
  await stack.suspend('via-firmware');
  await stack.resume();
  expect(await stack.random(8)).toHaveLength(8);
});

test('a guest that stays on its way to suspend to RAM is a sentence after 10 s', async ({ stack, lab }) => {
  await stopShort(stack, 12);
  await stack.suspend('via-firmware');
  const failure: unknown = await lab.kernel.wake?.().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(GuestFailed);
  expect(String(failure)).toContain('guest could not be woken for 10 s (QEMU: ');
});

for (const kind of ['to-idle', 'via-firmware'] as const)
  test(`what is asked of a guest that sleeps is answered once it is back, ${kind}`, async ({
    stack,
    lab,
  }) => {
    const { files } = lab.kernel;
    await stack.suspend(kind);
    const asked = ['one', 'two', 'three'].map((word) => files.run(['echo', word.repeat(20)]));
    await lab.clock.sleep(ms(100));
    await stack.resume();
    const answers = await Promise.all(asked);
    expect(answers.map(({ output }) => output.trim())).toEqual(
      ['one', 'two', 'three'].map((word) => word.repeat(20)),
    );
  });
