import type { HostDriver } from '../../fixtures/index.ts';
import {
  digestOf,
  execute,
  expect,
  HASHES,
  hex,
  hexBytes,
  measure,
  seconds,
  source,
  test,
  tpm,
} from '../../fixtures/index.ts';

/** PCRs that begin at zero and that locality 0 may extend, without PCR 0, of which newer firmware ignores a second extend. [CHIP 5.5] [CHIP 6] */
const EXTENDABLE = [1, 2, 7, 8, 9, 15, 16, 23];

const SIZE: Readonly<Record<string, number>> = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 };

/** One PCR as the TPM tells it, read without the driver's own PCR code. */
async function valueOf(driver: HostDriver, pcr: number, bank: number): Promise<string> {
  const { digests } = await execute(driver, tpm.pcrRead({ hash: bank, pcrs: [pcr] }));
  return digests.map(hex).join(' | ');
}

/** What a PCR holds after it was extended from zero with digests of these bytes: old, then new, hashed. [TPM2 Part 1, 17.3] */
function extended(bank: number, size: number, fills: readonly number[]): string {
  let value = new Uint8Array(size);
  for (const fill of fills)
    value = Uint8Array.from(hexBytes(digestOf(bank, value, new Uint8Array(size).fill(fill))));
  return hex(value);
}

test.describe('PCR', () => {
  test.use({ about: 'chip' });

  for (const [name, bank] of HASHES)
    test(
      `an extend of a PCR of the ${name} bank hashes what it held, and after it what it is given`,
      { annotation: source('CHIP 5.5', 'CHIP 6', 'TPM2 Part 1, 17.3') },
      async ({ driver, step }) => {
        const before = await step('1. read the PCRs', async () => {
          const values: string[] = [];
          for (const pcr of EXTENDABLE) values.push(await valueOf(driver, pcr, bank));
          return values;
        });
        const after = await step('2. extend each of them twice, and read it', async () => {
          const values: string[] = [];
          for (const pcr of EXTENDABLE) {
            await measure(driver, pcr, pcr + 1);
            await measure(driver, pcr, 0xe0 + pcr);
            values.push(await valueOf(driver, pcr, bank));
          }
          return values;
        });
        await step('3. find zeros first, then the digests that this host computes', () => {
          const size = SIZE[name]!;
          expect(before).toEqual(EXTENDABLE.map(() => hex(new Uint8Array(size))));
          expect(after).toEqual(EXTENDABLE.map((pcr) => extended(bank, size, [pcr + 1, 0xe0 + pcr])));
        });
      },
    );

  test(
    'an extend of one PCR leaves all others alone, in every bank',
    { annotation: source('CHIP 5.5', 'TPM2 Part 3, 22.2') },
    async ({ driver, step }) => {
      const values = async (): Promise<string[]> => {
        const all: string[] = [];
        for (const [, bank] of HASHES)
          for (let pcr = 0; pcr < 24; pcr++) all.push(await valueOf(driver, pcr, bank));
        return all;
      };
      const before = await step('1. read all 24 PCRs of the four banks', values);
      await step('2. extend PCR 9', () => measure(driver, 9, 0x77));
      const after = await step('3. read them again', values);
      await step('4. find one other value in each bank', () => {
        const changed = after.flatMap((value, at) => (value === before[at] ? [] : [at % 24]));
        expect(changed).toEqual([9, 9, 9, 9]);
      });
    },
  );

  test.describe('through a sleep', () => {
    test.use({ needs: ['reset'] });

    test(
      'a sleep via firmware keeps PCRs 0 to 15 of every bank as they were',
      { annotation: source('CHIP 6', 'CHIP 5.5') },
      async ({ driver, platform, step }) => {
        const values = async (): Promise<string[]> => {
          const all: string[] = [];
          for (const [, bank] of HASHES)
            for (let pcr = 0; pcr < 16; pcr++) all.push(await valueOf(driver, pcr, bank));
          return all;
        };
        const before = await step('1. extend PCRs 1 to 15 with digests of their own, and read', async () => {
          for (let pcr = 1; pcr < 16; pcr++) await measure(driver, pcr, 0x30 + pcr);
          return values();
        });
        await step('2. sleep for 5 s via firmware', () => platform.sleep(driver, 'via-firmware', seconds(5)));
        await step('3. read them again', async () => {
          expect(await values()).toEqual(before);
        });
      },
    );
  });
});
