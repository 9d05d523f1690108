import { expect, test } from '@playwright/test';
import { run } from './h1-hil.ts';

for (const { args, prints } of [
  // An H1 is vendor 1ae0, device 0028. [CHIP 4.1]
  { args: ['read', 'DID_VID'], prints: 'TPM_DID_VID e0 1a 28 00\n' },
  { args: ['read', 'tpm_did_vid', '--size', '2'], prints: 'TPM_DID_VID e0 1a\n' },
  { args: ['read', '0x0f00', '--size', '4'], prints: '0x0f00 e0 1a 28 00\n' },
  // requestUse gives locality 0 to who asks: valid and activeLocality. [CHIP 4.2]
  { args: ['write', 'ACCESS', '02'], prints: 'TPM_ACCESS a0\n' },
] as const)
  test(`tis ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await run(['tis', ...args]);
    expect([code, stdout], stderr).toEqual([0, prints]);
  });

for (const { args, says } of [
  { args: ['read', 'DIDVIT'], says: /There is no register DIDVIT; did you mean DID_VID\?/ },
  { args: ['read', '0x12345'], says: /There is no register 0x12345\./ },
  { args: ['read', 'STS', '--locality', '5'], says: /--locality takes a whole number from 0 to 4/ },
  { args: ['read', 'STS', '--size', '65'], says: /--size takes a whole number from 1 to 64/ },
  { args: ['write', 'STS', '4'], says: /"4" are no bytes; write 1 to 64 of them in hexadecimal/ },
] as const)
  test(`a mistake is told: tis ${args.join(' ')}`, async () => {
    const { code, stderr } = await run(['tis', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });
