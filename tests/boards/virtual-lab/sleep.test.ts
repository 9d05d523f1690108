import { expect } from '@playwright/test';
import { GuestSilent } from '../../../src/boards/virtual-lab/errors.ts';
import { VirtualLabBoard } from '../../../src/boards/virtual-lab/index.ts';
import { KernelDriver } from '../../../src/kernel/index.ts';
import { between, ms, seconds } from '../../../src/units/index.ts';
import { labTest, needsLab } from './here.ts';

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

for (const kind of ['to-idle', 'via-firmware'] as const)
  test(`each sleep takes for the chip as long as the test sleeps, with nothing on its wires, ${kind}`, async ({
    stack,
    lab,
  }) => {
    const { clock } = lab;
    let seen = 0;
    const count = (): unknown => seen++;
    lab.observeWires({ frame: count, select: count });
    for (let sleeps = 0; sleeps < 3; sleeps++) {
      await stack.suspend(kind);
      const [asleep, before] = [clock.now(), seen];
      await clock.sleep(seconds(600));
      expect(between(asleep, clock.now())).toBeGreaterThanOrEqual(seconds(600));
      expect(between(asleep, clock.now())).toBeLessThan(seconds(600.001));
      expect(seen).toBe(before);
      await stack.resume();
      expect(between(asleep, clock.now())).toBeLessThan(seconds(600.2));
      expect(seen).toBeGreaterThan(before);
    }
  });

test('a guest that stops short of a sleep by itself is waited for by who asked it', async ({ stack }) => {
  await stack.testSuspend('core');
  expect(await stack.random(8)).toHaveLength(8);
});

labTest('a guest that stays on its way to suspend to RAM is a sentence', async () => {
  needsLab();
  const lab = await VirtualLabBoard.open({ seed: 1, machine: { secondLimitMs: 3000 } });
  try {
    const stack = await KernelDriver.open(lab.kernel, lab.clock);
    await stopShort(stack, 3600);
    await stack.suspend('via-firmware');
    const failure: unknown = await lab.kernel.wake?.().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GuestSilent);
    expect(String(failure)).toContain('guest of the virtual lab has not answered for 3 s');
  } finally {
    await lab.close();
  }
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
