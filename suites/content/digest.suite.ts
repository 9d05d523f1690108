import type { HostDriver } from '../../fixtures/index.ts';
import {
  codeOf,
  digestOf,
  execute,
  expect,
  HASHES,
  hex,
  needsCommand,
  source,
  test,
  tpm,
  TPM_ALG,
} from '../../fixtures/index.ts';

/**
 * Lengths around the blocks of the four hashes, 64 and 128 bytes, around the space that padding takes of a block, and
 * of a whole command.
 */
const LENGTHS = [
  0, 1, 2, 3, 55, 56, 57, 63, 64, 65, 111, 112, 113, 127, 128, 129, 255, 256, 257, 1022, 1023, 1024,
];

/** One byte more than the input buffer of the TPM takes. [CHIP 5.1] */
const TOO_LONG = 1025;

/** TPM_RC_SIZE, as a command says it whose parameters cannot be read. [CHIP 5.5] */
const SIZE = '00 00 00 95';
/** The reference library names the parameter as well. [TPM2 Part 2, 6.6.3] */
const SIZE_OF_PARAMETER_1 = '00 00 01 d5';

const SUCCESS = '00 00 00 00';

/** A message in which no byte equals its neighbours. */
const message = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 151 + (at >> 8) * 7) & 0xff);

/** The digest that the TPM makes of a message in one command. */
async function hashed(driver: HostDriver, length: number, algorithm: number): Promise<string> {
  return hex((await execute(driver, tpm.hash(message(length), algorithm))).digest);
}

test.describe('digest', () => {
  test.use({ about: 'chip' });

  for (const [name, algorithm] of HASHES)
    test(
      `TPM2_Hash gives the ${name} digest of a message of every length from 0 to 1024 bytes at which a hash changes its way`,
      { annotation: source('CHIP 5.1', 'CHIP 5.5', 'TPM2 Part 3, 15.4') },
      async ({ driver, step }) => {
        const answers = await step(`1. hash ${LENGTHS.length} messages`, async () => {
          const all: string[] = [];
          for (const length of LENGTHS) all.push(`${length}: ${await hashed(driver, length, algorithm)}`);
          return all;
        });
        await step('2. compare with the digests that this host computes', () => {
          expect(answers).toEqual(
            LENGTHS.map((length) => `${length}: ${digestOf(algorithm, message(length))}`),
          );
        });
      },
    );

  test(
    'a message of 1025 bytes is refused with TPM_RC_SIZE, and the next one of 1024 is hashed',
    { annotation: source('CHIP 5.1', 'CHIP 5.5') },
    async ({ driver, step }) => {
      const code = await step('1. send a message of 1025 bytes', () =>
        codeOf(driver, tpm.hash(message(TOO_LONG), TPM_ALG.SHA256)),
      );
      await step('2. find the refusal, and then the digest of 1024 bytes', async () => {
        expect([SIZE, SIZE_OF_PARAMETER_1]).toContain(code);
        expect(await hashed(driver, 1024, TPM_ALG.SHA256)).toBe(digestOf(TPM_ALG.SHA256, message(1024)));
      });
    },
  );

  test(
    'a part of a sequence has 0 to 1024 bytes, and one of 1025 is refused',
    { annotation: source('CHIP 5.1', 'CHIP 5.5', 'TPM2 Part 3, 17.4') },
    async ({ driver, rig, step }) => {
      await needsCommand(driver, tpm.hashSequenceStart(TPM_ALG.SHA256), rig);
      const handle = await step('1. begin a sequence', () =>
        execute(driver, tpm.hashSequenceStart(TPM_ALG.SHA256)),
      );
      const codes = await step('2. add parts of 0, 1, 1023, 1024 and 1025 bytes', async () => {
        const all: string[] = [];
        for (const length of [0, 1, 1023, 1024, TOO_LONG])
          all.push(await codeOf(driver, tpm.sequenceUpdate(handle, message(length))));
        return all;
      });
      await step('3. find the last one refused, and end the sequence', async () => {
        expect(codes.slice(0, 4)).toEqual(Array(4).fill(SUCCESS));
        expect([SIZE, SIZE_OF_PARAMETER_1]).toContain(codes[4]);
        await execute(driver, tpm.flushContext(handle));
      });
    },
  );
});
