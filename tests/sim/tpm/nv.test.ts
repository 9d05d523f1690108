import { expect, test } from '@playwright/test';
import { codeOf, command, PASSWORD, refusal, startedLibrary } from './library.ts';

const OWNER = '40000001';
const INDEX = '01500003';
const OK = '80020000001300000000000000000000010000';

/** NV_DefineSpace with an empty authorization value, SHA-256 names, these attributes, 8 bytes. [TPM2 Part 3, 31.3] */
const define = (attributes: string): string =>
  command(0x12a, {
    handles: OWNER,
    sessions: PASSWORD,
    parameters: `0000 000e ${INDEX} 000b ${attributes} 0000 0008`,
  });
const ofIndex = (code: number, parameters = ''): string =>
  command(code, { handles: OWNER + INDEX, sessions: PASSWORD, parameters });

const READ = ofIndex(0x14e, '0008 0000');
/** TPMA_NV_OWNERREAD and _OWNERWRITE; the counter has type 1 beside them. [TPM2 Part 2, 13.4] */
const ORDINARY = '00020002';
const COUNTER = '00020012';

test('an index is defined once, written, read and undefined [TPM2 Part 3, 31]', () => {
  const library = startedLibrary();
  expect(library.send(define(ORDINARY))).toBe(OK);
  expect(library.send(define(ORDINARY))).toBe(refusal(0x14c));
  expect(library.send(READ)).toBe(refusal(0x14a));
  expect(library.send(ofIndex(0x137, '0008 0011223344556677 0000'))).toBe(OK);
  expect(library.send(READ)).toBe(
    '80020000001d00000000' + '0000000a' + '00080011223344556677' + '0000010000',
  );
  expect(library.send(ofIndex(0x137, '0008 0011223344556677 0001'))).toBe(refusal(0x146));
  expect(library.send(ofIndex(0x122))).toBe(OK);
  expect(library.send(command(0x169, { handles: INDEX }))).toBe(refusal(0x18b));
});

test('NV_ReadPublic tells the public area and a name of SHA-256 [TPM2 Part 3, 31.6]', () => {
  const library = startedLibrary();
  library.send(define(ORDINARY));
  const response = library.send(command(0x169, { handles: INDEX }));
  expect(response.slice(0, 60)).toBe(
    '80010000003e00000000' + '000e' + '01500003000b' + '00020002' + '0000' + '0008' + '0022' + '000b',
  );
});

test('a counter begins with its first increment and outlives power [TPM2 Part 3, 31.8]', () => {
  const library = startedLibrary();
  expect(library.send(define(COUNTER))).toBe(OK);
  expect(library.send(ofIndex(0x134))).toBe(OK);
  const first = BigInt(`0x${library.send(READ).slice(32, 48)}`);
  expect(library.send(ofIndex(0x134))).toBe(OK);
  library.powerCycle();
  library.send('8001 0000000c 00000144 0000');
  expect(BigInt(`0x${library.send(READ).slice(32, 48)}`)).toBe(first + 1n);
});

test('an ordinary index is no counter: TPM_RC_ATTRIBUTES [TPM2 Part 3, 31.8]', () => {
  const library = startedLibrary();
  library.send(define(ORDINARY));
  expect(codeOf(library.send(ofIndex(0x134))) & 0x0bf).toBe(0x082);
});
