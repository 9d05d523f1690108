import { expect, test } from '@playwright/test';
import { VirtualLabBoard } from '../../../src/boards/virtual-lab/index.ts';
import { KernelDriver } from '../../../src/kernel/index.ts';
import { hertz, ms, seconds } from '../../../src/units/index.ts';
import { needsLab } from './here.ts';

test.describe.configure({ mode: 'default', timeout: 120_000 });

test('a noisy READY line interrupts a kernel whose driver wants its falling edges, and is nothing to one without a driver', async () => {
  needsLab();
  let stops = 0;
  const lab = await VirtualLabBoard.open({ seed: 1, onStop: () => stops++ });
  try {
    await lab.power?.on();
    await lab.clock.sleep(ms(100));
    await lab.reset?.deassert();
    await lab.clock.sleep(ms(100));
    await lab.faults.set({ kind: 'ready-noise', rate: hertz(50_000) });
    const before = stops;
    await lab.clock.sleep(seconds(10));
    expect(stops - before).toBeLessThan(50);

    await lab.faults.clear();
    const stack = await KernelDriver.open(lab.kernel, lab.clock);
    await stack.probe();
    await stack.settle();
    await lab.faults.set({ kind: 'ready-noise', rate: hertz(1000) });
    const quiet = await stack.interrupts();
    await lab.clock.sleep(seconds(1));
    // Its gaps are a matter of chance: 1000 of them differ by some 32.
    const interrupts = (await stack.interrupts()) - quiet;
    expect(interrupts).toBeGreaterThan(850);
    expect(interrupts).toBeLessThan(1150);
    await lab.faults.clear();
    await stack.remove();
  } finally {
    await lab.close();
  }
});
