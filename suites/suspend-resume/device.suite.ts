import type { KernelDriver, Platform, SuspendKind } from '../../fixtures/index.ts';
import { execute, expect, hex, ms, needsCommand, source, test, TPM_ALG, tpm } from '../../fixtures/index.ts';

const SLEEPS = 20;
const PCRS = [0, 7, 15, 23] as const;

/**
 * How often the TPM was reset, and four PCRs. Nothing is extended, since the device is somebody's: where all PCRs are zero, the
 * count tells of a TPM that lost its state.
 */
const stateOf = async (kernel: KernelDriver): Promise<readonly (string | number)[]> => {
  const values: (string | number)[] = [(await execute(kernel, tpm.readClock())).resetCount];
  for (const pcr of PCRS) values.push(hex(await kernel.pcrRead(pcr, TPM_ALG.SHA256)));
  return values;
};

/** Sleeps back to back; answers what each left of the TPM's state, and how many random bytes the chip gave. */
async function sleepOften(kernel: KernelDriver, platform: Platform, kind: SuspendKind): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (let sleep = 0; sleep < SLEEPS; sleep++) {
    await platform.sleep(kernel, kind, ms(100));
    seen.push([(await kernel.random(8)).length, ...(await stateOf(kernel))]);
  }
  return seen;
}

const NEEDS = {
  'to-idle': ['kernel', 'suspend'],
  'via-firmware': ['kernel', 'suspend', 'suspend-to-ram'],
} as const;

for (const kind of ['to-idle', 'via-firmware'] as const)
  test.describe(`a device that sleeps, ${kind}`, () => {
    test.use({ needs: [...NEEDS[kind]] });

    test(
      `20 sleeps, ${kind}, reset no TPM, change no PCR, and leave a driver that answers and complains of nothing`,
      { annotation: source('DRIVER 1.12', 'CHIP 6') },
      async ({ kernelDriver: kernel, platform, rig, step }) => {
        const before = await step('1. bind the driver, read the number of resets and four PCRs', async () => {
          await kernel.probe();
          await kernel.settle();
          await needsCommand(kernel, tpm.readClock(), rig);
          return stateOf(kernel);
        });
        const seen = await step('2. sleep 20 times', () => sleepOften(kernel, platform, kind));
        await step('3. find 8 random bytes and the state as it was, each time', () => {
          expect(seen).toEqual(Array(SLEEPS).fill([8, ...before]));
        });
        await step("4. find no error of the driver in the kernel's log", () => {
          const errors = kernel.log.filter(
            ({ level, device }) => level === 'error' && device.includes('tpm'),
          );
          expect(errors.map(({ text }) => text)).toEqual([]);
        });
      },
    );
  });
