import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { expect, test } from '@playwright/test';
import { VirtualLabBoard } from '../../../src/boards/virtual-lab/index.ts';
import { KernelDriver } from '../../../src/kernel/index.ts';
import { ms, seconds } from '../../../src/units/index.ts';
import { needsLab } from './here.ts';

test.describe.configure({ mode: 'default', timeout: 600_000 });

/** Probe, commands, rest and both suspends: a digest of everything that the guest stopped for, to the nanosecond. */
async function scenario(seed: number): Promise<{ digest: string; stops: number }> {
  const hash = createHash('sha256');
  let stops = 0;
  const lab = await VirtualLabBoard.open({
    seed,
    onStop: ({ operation, a, b, guestNs, held, sent, answer }) => {
      stops++;
      hash
        .update(`${operation} ${a} ${b} ${guestNs} ${held.join(',')}\n`)
        .update(sent)
        .update(answer);
    },
  });
  try {
    await lab.power?.on();
    await lab.clock.sleep(ms(100));
    await lab.reset?.deassert();
    await lab.clock.sleep(ms(100));
    const stack = await KernelDriver.open(lab.kernel, lab.clock);
    await stack.probe();
    await lab.clock.sleep(seconds(60));
    for (const kind of ['to-idle', 'via-firmware'] as const) {
      await stack.suspend(kind);
      await lab.clock.sleep(seconds(10));
      await stack.resume();
      expect(await stack.random(8)).toHaveLength(8);
    }
    await stack.remove();
    return { digest: hash.digest('hex'), stops };
  } finally {
    await lab.close();
  }
}

/** The same with two programs beside it that take all they get. */
async function underLoad<T>(action: () => Promise<T>): Promise<T> {
  const loops = [1, 2].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  try {
    return await action();
  } finally {
    for (const loop of loops) loop.kill('SIGKILL');
  }
}

test('a seed repeats everything that a kernel did, to the nanosecond, whatever else this machine does', async () => {
  needsLab();
  const first = await scenario(7);
  expect(first.stops).toBeGreaterThan(3000);
  expect(await underLoad(() => scenario(7))).toEqual(first);
  expect((await scenario(8)).digest).not.toBe(first.digest);
});
