import { expect, test } from '@playwright/test';
import {
  codeOf,
  command,
  PASSWORD,
  readPcr,
  SHUTDOWN_STATE,
  startedLibrary,
  STARTUP_STATE,
} from './library.ts';

/** All four banks in one command, as a kernel does it: 203 bytes. [CHIP 5.5] */
const extendAll = (pcr: string): string =>
  command(0x182, {
    handles: pcr,
    sessions: PASSWORD,
    parameters: `00000004 0004 ${'00'.repeat(20)} 000b ${'00'.repeat(32)} 000c ${'00'.repeat(48)} 000d ${'00'.repeat(64)}`,
  });

test('a kernel extends four banks in one command of 203 bytes [CHIP 5.5]', () => {
  const library = startedLibrary();
  expect(extendAll('00000008')).toHaveLength(2 * 203);
  expect(codeOf(library.send(extendAll('00000008')))).toBe(0);
  // Of 96 and of 128 zero bytes. [FIPS 180-4]
  expect(readPcr(library, 8, '000c')).toMatch(
    /^f57bb7ed82c6ae4a29e6c9879338c592c7d42a39135583e8ccbe3940f2344b0e/,
  );
  expect(readPcr(library, 8, '000d')).toMatch(
    /^ab942f526272e456ed68a979f50202905ca903a141ed98443567b11ef0bf25a5/,
  );
});

test('Hash and sequences work with SHA-384 and SHA-512 [CHIP 5.5]', () => {
  // The digest of the three bytes `abc`. [FIPS 180-4, examples]
  const library = startedLibrary();
  expect(library.send(command(0x17d, { parameters: '0003 616263 000c 40000007' })).slice(20)).toMatch(
    /^0030cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7/,
  );
  const handle = library.send(command(0x186, { parameters: '0000 000d' })).slice(20);
  const complete = command(0x13e, {
    handles: handle,
    sessions: PASSWORD,
    parameters: '0003 616263 40000007',
  });
  expect(library.send(complete).slice(28)).toMatch(
    /^0040ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d/,
  );
});

test('Startup(STATE) is spoilt by an extend of PCR 0 to 15, not of 16, 23 or none [CHIP 5.5]', () => {
  const resumes = (pcr: string): number => {
    const library = startedLibrary();
    library.send(SHUTDOWN_STATE);
    expect(codeOf(library.send(extendAll(pcr)))).toBe(0);
    library.reset();
    return codeOf(library.send(STARTUP_STATE));
  };
  for (const pcr of ['00000000', '0000000f']) expect(resumes(pcr), pcr).toBe(0x084);
  for (const pcr of ['00000010', '00000017', '40000007']) expect(resumes(pcr), pcr).toBe(0);
});

test('pcrUpdateCounter does not count PCR 16 and 23 [CHIP 5.5]', () => {
  const library = startedLibrary();
  const counter = (): number =>
    Number.parseInt(library.send(command(0x17e, { parameters: '00000000' })).slice(20, 28), 16);
  const before = counter();
  for (const pcr of ['00000010', '00000017']) library.send(extendAll(pcr));
  expect(counter()).toBe(before);
  library.send(extendAll('00000008'));
  expect(counter()).toBe(before + 4);
});

test('PCR_Event answers with a digest for each bank [TPM2 Part 3, 22.3]', () => {
  const event = command(0x13c, { handles: '00000008', sessions: PASSWORD, parameters: '0003 616263' });
  const response = startedLibrary().send(event);
  // Four digests: 4 + (2 + 20) + (2 + 32) + (2 + 48) + (2 + 64) bytes of parameters.
  expect(response.slice(20, 28)).toBe('000000b0');
  expect(response).toContain(
    '000ba7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a'.slice(0, 4),
  );
});
