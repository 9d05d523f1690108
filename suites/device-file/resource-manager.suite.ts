import type { HostFiles, KernelDriver } from '../../fixtures/index.ts';
import { expect, hex, hexBytes, O_RDWR, source, test as base } from '../../fixtures/index.ts';

const EINVAL = -22;
const TPMRM = '/dev/tpmrm0';
const TPM = '/dev/tpm0';

/** TPM2_CreatePrimary of an HMAC-SHA256 key in the null hierarchy, with an empty password. [TPM2 Part 3, 24.1] */
const CREATE_PRIMARY =
  '80 02 00 00 00 39 00 00 01 31 40 00 00 07 00 00 00 09 40 00 00 09 00 00 00 00 00 00 04 00 00 00 00 00 10 ' +
  '00 08 00 0b 00 04 00 60 00 00 00 05 00 0b 00 00 00 00 00 00 00 00';
/** TPM2_GetCapability of transient handles, from 80000000. [TPM2 Part 3, 30.2] */
const LIST_TRANSIENT = '80 01 00 00 00 16 00 00 01 7a 00 00 00 01 80 00 00 00 00 00 00 ff';
/** TPM2_FlushContext of the first handle that a space is given. [TPM2 Part 3, 28.4] [DRIVER 3.8] */
const FLUSH_FIRST = '80 01 00 00 00 0e 00 00 01 65 80 ff ff ff';
const SUCCESS = '80 01 00 00 00 0a 00 00 00 00';
const NO_HANDLES = '80 01 00 00 00 13 00 00 00 00 00 00 00 00 01 00 00 00 00';
const FIRST_HANDLE = '80 01 00 00 00 17 00 00 00 00 00 00 00 00 01 00 00 00 01 80 ff ff ff';

/** SHA-256 of 32 zero bytes and the digest 00..01, by sha256sum. */
const EXTENDED = '90F4B39548DF55AD6187A1D20D731ECEE78C545B94AFD16F42EF7592D99CD365';

/** Answers a command on an open file, or the error number of the write, in their notation. */
async function ask(files: HostFiles, file: number, command: string): Promise<string | number> {
  const written = await files.write(file, hexBytes(command));
  if (written < 0) return written;
  const response = await files.read(file, 4096);
  return typeof response === 'number' ? response : hex(response);
}

/** The kernel's driver, bound. */
const test = base.extend<{ boundKernel: KernelDriver }>({
  boundKernel: async ({ kernelDriver: kernel }, use) => {
    await kernel.probe();
    await use(kernel);
  },
});

test.describe('resource manager', () => {
  // A rig with tpm2-tools has a TPM behind its chip that knows the commands they use.
  test.use({ needs: ['kernel', 'tpm2-tools'] });

  test(
    'a key of one space is 80ffffff there and unknown in another, which cannot flush it, and gone when its space is closed',
    { annotation: source('DRIVER 3.8') },
    async ({ boundKernel: { files }, step }) => {
      const [mine, other] = await step('1. open two spaces', async () => [
        await files.open(TPMRM, O_RDWR),
        await files.open(TPMRM, O_RDWR),
      ]);
      const made = await step('2. make a key in one', () => ask(files, mine, CREATE_PRIMARY));
      const seen = await step('3. list handles in both, flush it from the other one', async () => [
        await ask(files, mine, LIST_TRANSIENT),
        await ask(files, other, LIST_TRANSIENT),
        await ask(files, other, FLUSH_FIRST),
      ]);
      const left = await step('4. close both, list the handles of the TPM itself', async () => {
        await files.close(mine);
        await files.close(other);
        const tpm = await files.open(TPM, O_RDWR);
        const handles = await ask(files, tpm, LIST_TRANSIENT);
        await files.close(tpm);
        return handles;
      });
      expect(String(made).slice(30, 41)).toBe('80 ff ff ff');
      expect(seen).toEqual([FIRST_HANDLE, NO_HANDLES, EINVAL]);
      expect(left).toBe(NO_HANDLES);
    },
  );

  test(
    'a space flushes its own key',
    { annotation: source('DRIVER 3.8') },
    async ({ boundKernel: { files }, step }) => {
      const space = await files.open(TPMRM, O_RDWR);
      const answers = await step('1. make a key, flush it, list handles', async () => [
        String(await ask(files, space, CREATE_PRIMARY)).slice(18, 29),
        await ask(files, space, FLUSH_FIRST),
        await ask(files, space, LIST_TRANSIENT),
      ]);
      await files.close(space);
      expect(answers).toEqual(['00 00 00 00', SUCCESS, NO_HANDLES]);
    },
  );

  for (const { command, says } of [
    { command: 'tpm2 startup -c', says: /^$/ },
    { command: 'tpm2 selftest -f', says: /^$/ },
    { command: 'tpm2 getcap properties-fixed', says: /TPM2_PT_FAMILY_INDICATOR:\n\s+raw: 0x322E3000/ },
    { command: 'tpm2 getrandom --hex 32', says: /^[0-9a-f]{64}$/ },
    { command: 'tpm2 pcrread sha256:0,16', says: /\n\s+16: 0x0{64}/ },
    {
      command: `tpm2 pcrextend 16:sha256=${'1'.padStart(64, '0')} && tpm2 pcrread sha256:16`,
      says: new RegExp(`16: 0x${EXTENDED}`),
    },
    {
      command: 'cd /tmp && tpm2 createprimary -c primary.ctx && tpm2 readpublic -c primary.ctx',
      says: /value: fixedtpm\|fixedparent/,
    },
    {
      command:
        'cd /tmp && echo hello > text && tpm2 createprimary -Q -c p.ctx && tpm2 create -Q -C p.ctx -u k.pub -r k.priv' +
        ' && tpm2 load -Q -C p.ctx -u k.pub -r k.priv -c k.ctx && tpm2 sign -Q -c k.ctx -g sha256 -o s text' +
        ' && tpm2 verifysignature -Q -c k.ctx -g sha256 -s s -m text && echo verified',
      says: /verified$/,
    },
  ])
    test(
      `through /dev/tpmrm0 this ends with status 0: ${command}`,
      { annotation: source('DRIVER 3.8') },
      async ({ boundKernel: { files }, step }) => {
        const { status, output } = await step('1. run it in the guest', () =>
          files.run(['sh', '-c', command]),
        );
        expect(output.trim()).toMatch(says);
        expect(status).toBe(0);
      },
    );
});
