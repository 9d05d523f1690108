import { expect, test } from '@playwright/test';
import { parseVersion } from '../../../src/sim/index.ts';
import { traitsOf } from '../../../src/sim/h1/versions.ts';
import { codeOf, command, PASSWORD, readPcr, startedLibrary } from './library.ts';

const libraryOf = (text: string) => startedLibrary(traitsOf(parseVersion(text)).library);

/** Commands that 0.5.4 has and 0.5.280 has not. [CHIP 5.5] */
const DROPPED = [0x186, 0x15c, 0x13e, 0x185, 0x181, 0x18c, 0x18a, 0x127];

test('0.5.280 answers 0x143 to what it dropped, 0.5.4 does not [CHIP 5.5]', () => {
  for (const code of DROPPED) {
    expect(codeOf(libraryOf('0.5.280').send(command(code))), code.toString(16)).toBe(0x143);
    expect(codeOf(libraryOf('0.5.4').send(command(code))), code.toString(16)).not.toBe(0x143);
  }
});

test('no release has EncryptDecrypt, Rewrap, PP_Commands, NV_GlobalWriteLock or FirmwareRead [TPM2 Implementation.h]', () => {
  for (const code of [0x164, 0x152, 0x12d, 0x132, 0x179, 0x133, 0x140, 0x18d, 0x18e, 0x187])
    for (const text of ['0.5.4', '0.5.280'])
      expect(codeOf(libraryOf(text).send(command(code))), `${code.toString(16)} ${text}`).toBe(0x143);
});

const EXTEND_0 = command(0x182, {
  handles: '00000000',
  sessions: PASSWORD,
  parameters: `00000001 000b ${'00'.repeat(32)}`,
});

/** SHA-256 of 64 zero bytes, which PCR 0 holds after one extend by zeros. */
const ONCE = 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b';

test('from 0.5.200 on a second extend of PCR 0 is ignored, with success [CHIP 5.5]', () => {
  const values = ['0.5.199', '0.5.200'].map((text) => {
    const library = libraryOf(text);
    expect([library.send(EXTEND_0), library.send(EXTEND_0)].map(codeOf)).toEqual([0, 0]);
    return readPcr(library, 0, '000b');
  });
  expect(values[1]).toBe(ONCE);
  expect(values[0]).not.toBe(ONCE);
});
