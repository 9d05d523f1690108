import { expect, test } from '@playwright/test';
import { codeOf, command, PASSWORD, startedLibrary } from './library.ts';

/** Handles beyond the last of their kind: unmarshalling refuses them. [TPM2 tpm_types.h TRANSIENT_LAST, POLICY_SESSION_LAST] */
const BEYOND: readonly (readonly [what: string, request: string, code: number])[] = [
  ['the third object', command(0x173, { handles: '80000002' }), 0x910],
  ['a fourth object', command(0x173, { handles: '80000003' }), 0x084],
  ['the 64th policy session', command(0x189, { handles: '0300003f' }), 0x910],
  ['a 65th policy session', command(0x189, { handles: '03000040' }), 0x084],
  ['a 65th HMAC session as a context', command(0x162, { handles: '02000040' }), 0x084],
  ['a 65th session that authorizes', extend('00000009 02000040 0000 00 0000'), 0x984],
  ['FlushContext of a fourth object', command(0x165, { parameters: '80000003' }), 0x084],
  ['an authorization of the vendor', policySecret('40000010'), 0x184],
  ['a permanent handle that is none', policySecret('40000110'), 0x084],
];

function extend(sessions: string): string {
  return command(0x182, { handles: '00000010', sessions, parameters: '00000000' });
}

function policySecret(entity: string): string {
  return command(0x151, {
    handles: `${entity} 03000000`,
    sessions: PASSWORD,
    parameters: '0000 0000 0000 00000000',
  });
}

for (const [what, request, code] of BEYOND)
  test(`${what}: 0x${code.toString(16).padStart(3, '0')} [TPM2 tpm_types.h]`, () => {
    expect(codeOf(startedLibrary().send(request)).toString(16)).toBe(code.toString(16));
  });

const word = (bytes: string): string => (bytes.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0');

/** Create or CreatePrimary of a public area. */
function create(area: string, { under = '40000001', sensitive = '0004 0000 0000' } = {}): string {
  return command(under === '40000001' ? 0x131 : 0x153, {
    handles: under,
    sessions: PASSWORD,
    parameters: `${sensitive} ${word(area)} ${area} 0000 00000000`,
  });
}

const AES = '0006 0080 0043';
const STORAGE = `0023 000b 00030472 0000 ${AES} 0010 0003 0010 0000 0000`;
const rsa = (attributes: string, rest: string): string =>
  `0001 000b ${attributes} 0000 ${rest} 0800 00000000 0000`;

/** What the library says of a public area. [TPM2 Object_spt.c SchemeChecks, CryptUtil.c CryptCreateObject] */
const AREAS: readonly (readonly [what: string, area: string, code: number])[] = [
  ['a key that neither signs nor decrypts', '0023 000b 00000472 0000 0010 0010 0003 0010 0000 0000', 0],
  ['an exponent of 3', `0001 000b 00030472 0000 ${AES} 0010 0400 00000003 0000`, 0x08d],
  ['a storage key without a cipher, with a scheme', rsa('00030472', '0010 0017 000b'), 0x2d6],
  ['a storage key with a cipher and a scheme', rsa('00030472', `${AES} 0017 000b`), 0x2d2],
  ['a key derivation before the cipher', '0023 000b 00030472 0000 0010 0010 0003 0020 000b 0000 0000', 0x2cc],
  ['a signing key with a cipher', rsa('00040472', `${AES} 0010`), 0x2d6],
  ['a restricted signing key without a scheme', rsa('00050472', '0010 0010'), 0x2d2],
  ['a keyed hash that signs without a scheme', '0008 000b 00040472 0000 0010 0000', 0x2d2],
  ['a keyed hash that decrypts without a scheme', '0008 000b 00020472 0000 0010 0000', 0x2d2],
  ['a symmetric key that signs', `0025 000b 00060472 0000 ${AES} 0000`, 0x2c2],
  ['a symmetric key', `0025 000b 00020472 0000 ${AES} 0000`, 0],
];

for (const [what, area, code] of AREAS)
  test(`CreatePrimary of ${what}: 0x${code.toString(16).padStart(3, '0')} [TPM2 Object_spt.c]`, () => {
    expect(codeOf(startedLibrary().send(create(area))).toString(16)).toBe(code.toString(16));
  });

test('a storage key that stays under its parent is of its kind [TPM2 Object_spt.c EqualCryptSet]', () => {
  const library = startedLibrary();
  library.send(create(STORAGE));
  const under = (area: string): number => codeOf(library.send(create(area, { under: '80000000' })));
  expect(under(STORAGE)).toBe(0);
  expect(under(STORAGE.replace('000b', '0004')).toString(16)).toBe('2c3');
  expect(under(rsa('00030472', `${AES} 0010`)).toString(16)).toBe('2ca');
  expect(under(STORAGE.replace('0003 0010', '0004 0010')).toString(16)).toBe('2c1');
  expect(under(STORAGE.replace('00030472', '00030460'))).toBe(0);
});

test('given keys have the size of their cipher, or at most the block of their hash [TPM2 CryptUtil.c]', () => {
  const library = startedLibrary();
  const given = (area: string, size: number): number =>
    codeOf(
      library.send(
        create(area, {
          sensitive: `${(size + 4).toString(16).padStart(4, '0')} 0000 ${size.toString(16).padStart(4, '0')} ${'5a'.repeat(size)}`,
        }),
      ),
    );
  expect(given(`0025 000b 00020452 0000 ${AES} 0000`, 15)).toBe(0x087);
  expect(given(`0025 000b 00020452 0000 ${AES} 0000`, 16)).toBe(0);
  expect(given('0008 000b 00040452 0000 0005 000b 0000', 65)).toBe(0x095);
  expect(given('0008 000b 00040452 0000 0005 000b 0000', 64)).toBe(0);
  expect(given('0008 000b 00000452 0000 0010 0000', 128)).toBe(0);
});

const external = (sensitive: string, area: string, hierarchy = '40000007'): string =>
  command(0x167, { parameters: `${sensitive} ${word(area)} ${area} ${hierarchy}` });
/** The generator of P-256: the public key of the secret 1. [FIPS 186-4, D.1.2.3] */
const GX = '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296';
const GY = '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5';
const point = (x: string, y: string): string =>
  `0023 000b 00040440 0000 0010 0018 000b 0003 0010 0020 ${x} 0020 ${y}`;
const scalar = (last: string): string => `0028 0023 0000 0000 0020 ${'00'.repeat(31)}${last}`;

test('LoadExternal asks whether a key makes sense [TPM2 Object.c ObjectLoad]', () => {
  const library = startedLibrary();
  const load = (sensitive: string, area: string): string =>
    codeOf(library.send(external(sensitive, area))).toString(16);
  expect(load('0000', point(GX, GX))).toBe('9c');
  expect(load('0000', rsa('00040440', '0010 0014 000b'))).toBe('9c');
  expect(load(scalar('02'), point(GX, GY))).toBe('a5');
  expect(load(scalar('01'), point(GX, GY))).toBe('0');
  expect(load('0000', point(GX, GY))).toBe('0');
});

test('saved contexts have the size of the structures of the library [TPM2 Global.h OBJECT, SESSION]', () => {
  const library = startedLibrary();
  library.send(create(STORAGE));
  expect(library.send(command(0x162, { handles: '80000000' })).slice(4, 12)).toBe('00000646');
  const nonce = `0010 ${'11'.repeat(16)}`;
  library.send(command(0x176, { handles: '40000007 40000007', parameters: `${nonce} 0000 00 0010 000b` }));
  expect(library.send(command(0x162, { handles: '02000000' })).slice(4, 12)).toBe('0000017e');
});

test('ECC_Parameters of BN_P256 has no key derivation, and small numbers take one byte [TPM2 CpriDataEcc.c]', () => {
  const answer = startedLibrary().send(command(0x178, { parameters: '0010' }));
  expect(answer.slice(4, 36)).toBe('00000065' + '00000000' + '0010' + '0100' + '0010' + '0010');
  expect(answer.slice(-6)).toBe('000101');
});

/** A hash sequence whose pieces are these, completed for the owner: the size of its ticket. */
function ticketSize(...pieces: readonly string[]): number {
  const library = startedLibrary();
  library.send(command(0x186, { parameters: '0000 000b' }));
  const sized = (piece: string): string => `${word(piece)} ${piece}`;
  const [last = '', ...rest] = [...pieces].reverse();
  for (const piece of rest.reverse())
    library.send(command(0x15c, { handles: '80000000', sessions: PASSWORD, parameters: sized(piece) }));
  const answer = library.send(
    command(0x13e, { handles: '80000000', sessions: PASSWORD, parameters: `${sized(last)} 40000001` }),
  );
  // Header, size of the parameters, digest of 32 bytes, tag and hierarchy.
  return Number.parseInt(answer.slice(108, 112), 16);
}

test('a ticket for a sequence needs a first piece of four bytes that the TPM cannot have made [TPM2 SequenceComplete.c]', () => {
  expect(ticketSize('616263')).toBe(0);
  expect(ticketSize('61626364')).toBe(32);
  expect(ticketSize('6162', '636465666768')).toBe(0);
  expect(ticketSize('ff54434761', '62')).toBe(0);
  expect(ticketSize('ff544348', '62')).toBe(32);
});

const defineSpace = (area: string, auth = '40000001'): string =>
  command(0x12a, { handles: auth, sessions: PASSWORD, parameters: `0000 ${word(area)} ${area}` });

test('NV_DefineSpace refuses in the order of the library [TPM2 NV_DefineSpace.c]', () => {
  const library = startedLibrary();
  const define = (area: string): string => codeOf(library.send(defineSpace(area))).toString(16);
  // A counter of 4 bytes that is written already: its size comes first.
  expect(define('01800001 000b 20020012 0000 0004')).toBe('95');
  expect(define('01800001 000b 00020042 0000 0008')).toBe('82');
  expect(define('01800001 000b 08022002 0000 0008')).toBe('82');
  const off = command(0x121, { handles: '4000000c', sessions: PASSWORD, parameters: '4000000d 00' });
  expect(codeOf(library.send(off))).toBe(0);
  const ofPlatform = defineSpace('01800001 000b 40010001 0000 0008', '4000000c');
  expect(codeOf(library.send(ofPlatform)).toString(16)).toBe('85');
});
