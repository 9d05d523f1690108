import type { HostDriver } from '../../fixtures/index.ts';
import { execute, expect, HASHES, hex, hexBytes, measure, source, test, tpm } from '../../fixtures/index.ts';

/** Codes that no command has: around the first one, in a gap of the list, and at the end of 15 and 16 bits. [TPM2 Part 2, 6.5.2] */
const UNUSED = ['00 00 00 00', '00 00 01 1e', '00 00 01 23', '00 00 7f ff', '00 00 ff ff'];
/** A whole answer without a body, TPM_RC_COMMAND_CODE. [TPM2 Part 2, 6.6.3] [TPM2 Part 1, 18] */
const NO_SUCH_COMMAND = '80 01 00 00 00 0a 00 00 01 43';
/** The same with TPM_RC_LOCALITY. */
const NOT_FROM_HERE = '80 01 00 00 00 0a 00 00 09 07';
/** An answer of one session without parameters: TPM_RC_SUCCESS, and the empty password's own part. */
const DONE = '80 02 00 00 00 13 00 00 00 00 00 00 00 00 00 00 01 00 00';

/** PCRs that locality 0 may reset, and some that it may not. [TPM2 PCR.c] */
const RESETTABLE = [16, 23];
const FIXED = [0, 7, 15, 17, 22];

/** PCR_Reset as bytes, with the empty password. [TPM2 Part 3, 22.8] */
function resetOf(pcr: number): Uint8Array {
  const number = pcr.toString(16).padStart(2, '0');
  return Uint8Array.from(
    hexBytes(`80 02 00 00 00 1b 00 00 01 3d 00 00 00 ${number} 00 00 00 09 40 00 00 09 00 00 00 00 00`),
  );
}

/** One PCR in each bank: `zero` where all its bytes are. */
async function banksOf(driver: HostDriver, pcr: number): Promise<string[]> {
  const seen: string[] = [];
  for (const [name, hash] of HASHES) {
    const { digests } = await execute(driver, tpm.pcrRead({ hash, pcrs: [pcr] }));
    const isZero = digests.every((digest) => digest.every((byte) => byte === 0));
    seen.push(`PCR ${pcr}, ${name}: ${isZero ? 'zero' : 'extended'}`);
  }
  return seen;
}

test.describe('a command that the TPM', () => {
  test.use({ about: 'chip' });

  test(
    'does not have is answered with TPM_RC_COMMAND_CODE and nothing else, whatever its code, and the next command as ever',
    { annotation: source('CHIP 5.1', 'TPM2 Part 3, 5.2') },
    async ({ driver, step }) => {
      const seen = await step('1. send commands of five codes that no command has', async () => {
        const answers: string[] = [];
        for (const code of UNUSED)
          answers.push(hex(await driver.transmit(Uint8Array.from(hexBytes(`80 01 00 00 00 0a ${code}`)))));
        return answers;
      });
      await step('2. find TPM_RC_COMMAND_CODE each time', () => {
        expect(seen).toEqual(UNUSED.map(() => NO_SUCH_COMMAND));
      });
      await step('3. ask for 8 random bytes', async () => {
        expect(await driver.random(8)).toHaveLength(8);
      });
    },
  );

  test(
    'takes from another locality alone, PCR_Reset of most PCRs, is refused with TPM_RC_LOCALITY',
    { annotation: source('CHIP 5.5', 'TPM2 Part 3, 22.8') },
    async ({ driver, step }) => {
      const seen = await step('1. reset PCRs 0, 7, 15, 17 and 22', async () => {
        const answers: string[] = [];
        for (const pcr of FIXED) answers.push(hex(await driver.transmit(resetOf(pcr))));
        return answers;
      });
      await step('2. find TPM_RC_LOCALITY each time', () => {
        expect(seen).toEqual(FIXED.map(() => NOT_FROM_HERE));
      });
    },
  );

  for (const pcr of RESETTABLE)
    test(
      `takes from locality 0, PCR_Reset of PCR ${pcr}, makes it zero in all four banks, and no other PCR`,
      { annotation: source('CHIP 5.5', 'TPM2 Part 3, 22.8') },
      async ({ driver, step }) => {
        await step(`1. extend PCR ${pcr} and PCR 9`, async () => {
          await measure(driver, pcr, 0x5a);
          await measure(driver, 9, 0x5a);
        });
        const before = await step('2. read both', async () => [
          ...(await banksOf(driver, pcr)),
          ...(await banksOf(driver, 9)),
        ]);
        await step(`3. reset PCR ${pcr}`, async () => {
          expect(hex(await driver.transmit(resetOf(pcr)))).toBe(DONE);
        });
        await step('4. find it zero in every bank, and PCR 9 as it was', async () => {
          const names = HASHES.map(([name]) => name);
          const nine = names.map((name) => `PCR 9, ${name}: extended`);
          expect(before).toEqual([...names.map((name) => `PCR ${pcr}, ${name}: extended`), ...nine]);
          expect(await banksOf(driver, pcr)).toEqual(names.map((name) => `PCR ${pcr}, ${name}: zero`));
          expect(await banksOf(driver, 9)).toEqual(nine);
        });
      },
    );
});
