import type { KernelDriver, Platform, SuspendKind } from '../../fixtures/index.ts';
import {
  expect,
  GET_RANDOM_8,
  hex,
  measure,
  ms,
  RULE,
  seconds,
  source,
  test,
  TPM_ALG,
  TPM_CC,
  undisturbed,
} from '../../fixtures/index.ts';

const KINDS: readonly SuspendKind[] = ['to-idle', 'via-firmware'];

/** Ten sleeps back to back; answers PCR 0 after each. */
async function sleepTenTimes(kernel: KernelDriver, platform: Platform, kind: SuspendKind): Promise<string[]> {
  const values: string[] = [];
  for (let sleep = 0; sleep < 10; sleep++) {
    await platform.sleep(kernel, kind, ms(1));
    expect(await kernel.random(8)).toHaveLength(8);
    values.push(hex(await kernel.pcrRead(0, TPM_ALG.SHA256)));
  }
  return values;
}

test.describe('suspend of the kernel', () => {
  test.use({ needs: ['kernel', 'faults', 'reset', 'suspend'] });

  test(
    'a suspend via firmware waits for the command under way and only then says Shutdown(STATE)',
    { annotation: source('DRIVER 1.12', 'BUGS K-21') },
    async ({ board, kernelDriver: kernel, faults, platform, wires, step }) => {
      await step(
        '1. bind the driver; let the kernel fill its random pool; make a command take 1 s',
        async () => {
          await kernel.probe();
          await kernel.rest(seconds(4));
          await faults.set({ kind: 'chip-slow-command', time: seconds(1), commands: { count: 1 } });
        },
      );
      const { commands } = await step('2. ask for 8 random bytes, suspend 200 ms later for 10 ms', () =>
        wires.during(async () => {
          const answer = kernel.transmit(GET_RANDOM_8);
          await board.clock.sleep(ms(200));
          await platform.sleep(kernel, 'via-firmware', ms(10));
          expect(await answer).toHaveLength(20);
        }),
      );
      await step('3. find both answered, the command first', () => {
        const told = commands.filter(({ code }) => code === TPM_CC.GetRandom || code === TPM_CC.Shutdown);
        expect(told.slice(0, 2).map(({ code, response }) => [code, response.length])).toEqual([
          [TPM_CC.GetRandom, 20],
          [TPM_CC.Shutdown, 10],
        ]);
      });
    },
  );

  for (const kind of KINDS)
    test(
      `nothing is on the bus while the kernel sleeps for 3 s, ${kind}`,
      { annotation: source('DRIVER 1.12') },
      async ({ board, driver, platform, wires, step }) => {
        await step('1. suspend', async () => {
          await undisturbed(driver, seconds(10));
          await platform.suspend(driver, kind);
        });
        const asleep = await step('2. wait 3 s', () => wires.during(() => board.clock.sleep(seconds(3))));
        await step('3. resume and ask for 8 random bytes', async () => {
          await platform.resume(driver, kind);
          expect(await driver.random(8)).toHaveLength(8);
        });
        await step('4. find neither frame nor wake pulse in between', () => {
          expect([asleep.frames.length, asleep.wakePulses.length]).toEqual([0, 0]);
          expect(wires).toKeep(RULE.NO_FRAME_WHILE_SUSPENDED);
        });
      },
    );

  for (const kind of KINDS)
    test(
      `ten sleeps back to back, ${kind}, keep PCR 0 and a driver that answers`,
      { annotation: source('DRIVER 1.12', 'CHIP 6') },
      async ({ kernelDriver: kernel, platform, step }) => {
        const before = await step('1. bind the driver, extend PCR 0', async () => {
          await kernel.probe();
          await kernel.rest(seconds(10));
          await measure(kernel, 0, 0xa5);
          return hex(await kernel.pcrRead(0, TPM_ALG.SHA256));
        });
        const after = await step('2. sleep ten times', () => sleepTenTimes(kernel, platform, kind));
        await step('3. find PCR 0 as it was', () => {
          expect(after).toEqual(Array<string>(10).fill(before));
        });
      },
    );
});

test.describe('suspend that the kernel takes back', () => {
  test.use({ needs: ['kernel'] });

  for (const level of ['freezer', 'devices', 'platform', 'processors', 'core'] as const)
    test(
      `a suspend that the kernel takes back at ${level} (pm_test) leaves a driver that answers`,
      { annotation: source('DRIVER 1.12', 'DRIVER 3.9') },
      async ({ kernelDriver: kernel, step }) => {
        // pm_test keeps the processor busy for a second, and a frame of the kernel's own reader would stand still meanwhile.
        await step(
          '1. bind the driver, keep its random reader off the bus, suspend up to there',
          async () => {
            await kernel.probe();
            await kernel.rest(seconds(4));
            await kernel.testSuspend(level);
          },
        );
        await step('2. ask for 8 random bytes', async () => {
          expect(await kernel.random(8)).toHaveLength(8);
        });
      },
    );
});
