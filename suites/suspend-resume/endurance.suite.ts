import type { Chance, Duration, HostDriver, Platform, SuspendKind } from '../../fixtures/index.ts';
import {
  expect,
  hex,
  measure,
  ms,
  seconds,
  showDuration,
  source,
  test,
  TPM_ALG,
  undisturbed,
} from '../../fixtures/index.ts';

interface Cycle {
  readonly kind: SuspendKind;
  /**
   * Idle time, not close to 1 s: there the kernel's drivers lose a frame now and then, which the margin suite tests.
   */
  readonly duration: Duration;
  readonly work: 'none' | 'random' | 'extend';
}

const draw = (chance: Chance, count: number): Cycle[] =>
  Array.from({ length: count }, () => ({
    kind: chance.pick(['via-firmware', 'to-idle']),
    duration: ms(chance.pick([chance.integer(1, 900), chance.integer(1100, 20_000)])),
    work: chance.pick(['none', 'random', 'extend']),
  }));

/** As long as a thousand random sleeps take, at most. */
const SPAN = seconds(25_000);

/** Goes through the cycles; answers what went wrong, and ends at the first failure that leaves no working driver. */
async function endure(driver: HostDriver, platform: Platform, cycles: readonly Cycle[]): Promise<string[]> {
  const complaints: string[] = [];
  // A command of the kernel's own would go on in a suspend to idle. [BUGS L-22]
  await undisturbed(driver, SPAN);
  let pcr0 = hex(await driver.pcrRead(0, TPM_ALG.SHA256));
  for (const [number, { kind, duration, work }] of cycles.entries()) {
    const complain = (what: string): unknown =>
      complaints.push(`cycle ${number}, ${kind}, ${showDuration(duration)}, after ${work}: ${what}`);
    try {
      if (work === 'random') await driver.random(16);
      if (work === 'extend') {
        await measure(driver, 0, number & 0xff);
        pcr0 = hex(await driver.pcrRead(0, TPM_ALG.SHA256));
      }
      await platform.sleep(driver, kind, duration);
      const { length } = await driver.random(8);
      if (length !== 8) complain(`${length} random bytes`);
      const now = hex(await driver.pcrRead(0, TPM_ALG.SHA256));
      if (now !== pcr0) complain(`PCR 0 is ${now}, and was ${pcr0}`);
    } catch (error) {
      complain(String(error));
      return complaints;
    }
  }
  return complaints;
}

test.describe('endurance', () => {
  test.use({ needs: ['reset', 'suspend', 'virtual-time'] });

  test(
    '1,000 random sleeps keep PCR 0 and a driver that answers',
    { annotation: source('DRIVER 1.12', 'CHIP 6') },
    async ({ driver, platform, chance, step }) => {
      const complaints = await step('1. sleep 1,000 times, at random', () =>
        endure(driver, platform, draw(chance, 1000)),
      );
      await step('2. find no complaint', () => {
        expect(complaints).toEqual([]);
      });
    },
  );

  for (const kind of ['via-firmware', 'to-idle'] as const)
    test(
      `50 sleeps of 1 ms back to back, ${kind}, keep PCR 0 and a driver that answers`,
      { annotation: source('DRIVER 1.12', 'CHIP 6') },
      async ({ driver, platform, step }) => {
        const cycles = Array.from({ length: 50 }, () => ({ kind, duration: ms(1), work: 'none' as const }));
        const complaints = await step('1. sleep 50 times', () => endure(driver, platform, cycles));
        await step('2. find no complaint', () => {
          expect(complaints).toEqual([]);
        });
      },
    );
});
