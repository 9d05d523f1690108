import { expect, test } from '@playwright/test';
import type { Library } from './library.ts';
import { codeOf, command, PASSWORD, startedLibrary } from './library.ts';

const sized = (bytes: string): string =>
  `${(bytes.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0')}${bytes}`;
const TWO = '00000012 40000009 0000 00 0000 40000009 0000 00 0000';
const AES = '0006 0080 0043';

function create(library: Library, area: string): string {
  const parameters = `${sized('0000 0000')} ${sized(area)} 0000 00000000`;
  return library.send(command(0x131, { handles: '40000001', sessions: PASSWORD, parameters }));
}

/** The code of a command on the first loaded object. */
const on = (library: Library, code: number, parameters: string, sessions = PASSWORD): string =>
  codeOf(library.send(command(code, { handles: '80000000', sessions, parameters }))).toString(16);

const ecc = (attributes: string, rest: string, curve = '0003'): string =>
  `0023 000b ${attributes} 0000 ${rest} ${curve} 0010 0000 0000`;
const rsa = (attributes: string, rest: string): string =>
  `0001 000b ${attributes} 0000 ${rest} 0400 00000000 0000`;

test('templates may name P-384 and BN_P256, and no key is made on them: 0x084 [CHIP 5.5]', () => {
  const library = startedLibrary();
  for (const curve of ['0004', '0010'])
    expect(codeOf(create(library, ecc('00040472', '0010 0018 000b', curve)))).toBe(0x084);
  expect(codeOf(library.send(command(0x18a, { parameters: '0023 0010 0018 000b 0004 0010' })))).toBe(0);
});

test('no public key on another curve is loaded, and none whose coordinates are short: 0x09c [CHIP 5.5]', () => {
  const library = startedLibrary();
  const load = (curve: string, x: string, y: string): number => {
    const area = `0023 000b 00040440 0000 0010 0018 000b ${curve} 0010 ${sized(x)} ${sized(y)}`;
    return codeOf(library.send(command(0x167, { parameters: `0000 ${sized(area)} 40000001` })));
  };
  // The generators of P-384 and P-256, and a point of P-256 whose x begins with a zero that is left out.
  expect(
    load(
      '0004',
      'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
      '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
    ),
  ).toBe(0x09c);
  const y = '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5';
  expect(load('0003', '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296', y)).toBe(0);
  expect(load('0003', '17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296', y)).toBe(0x09c);
});

test('OAEP goes with SHA-1 and SHA-256 alone, and so does PSS: 0x084 [EC rsa.c]', () => {
  const library = startedLibrary();
  create(library, rsa('00060472', '0010 0010'));
  const encrypt = (hash: string): string =>
    codeOf(
      library.send(command(0x174, { handles: '80000000', parameters: `0003616263 0017 ${hash} 0000` })),
    ).toString(16);
  expect(['0004', '000b', '000c', '000d'].map(encrypt)).toEqual(['0', '0', '84', '84']);
  const sign = (scheme: string, hash: string, size: number): string =>
    on(library, 0x15d, `${sized('5a'.repeat(size))} ${scheme} ${hash} 8024 40000007 0000`);
  expect(sign('0016', '000b', 32)).toBe('0');
  expect(sign('0016', '000c', 48)).toBe('84');
  expect(sign('0014', '000c', 48)).toBe('0');
});

test('a scheme of another kind of key fails when an open key signs: 0x084 [TPM2 CryptUtil.c CryptSign]', () => {
  const library = startedLibrary();
  const digest = sized('5a'.repeat(32));
  create(library, rsa('00060472', '0010 0010'));
  expect(on(library, 0x15d, `${digest} 0018 000b 8024 40000007 0000`)).toBe('84');
  const other = startedLibrary();
  create(other, ecc('00060472', '0010 0010'));
  expect(on(other, 0x15d, `${digest} 0014 000b 8024 40000007 0000`)).toBe('84');
  expect(on(other, 0x15d, `${digest} 0010 8024 40000007 0000`)).toBe('92');
});

test('VerifySignature of another scheme, or of none [TPM2 CryptUtil.c CryptVerifySignature]', () => {
  const digest = sized('5a'.repeat(32));
  const verify = (area: string, signature: string): string => {
    const library = startedLibrary();
    create(library, area);
    return on(library, 0x177, `${digest} ${signature}`, '');
  };
  const ecdsa = `0018 000b ${sized('11'.repeat(32))} ${sized('22'.repeat(32))}`;
  const rsassa = `0014 000b ${sized('11'.repeat(128))}`;
  const hmac = `0005 000b ${'11'.repeat(32)}`;
  const [ofRsa, ofEcc] = [rsa('00040472', '0010 0014 000b'), ecc('00040472', '0010 0018 000b')];
  const ofHash = '0008 000b 00040472 0000 0005 000b 0000';
  expect(verify(ofRsa, ecdsa)).toBe('9b');
  expect(verify(ofEcc, rsassa)).toBe('84');
  expect(verify(ofHash, rsassa)).toBe('9b');
  expect(verify(ofHash, hmac)).toBe('9b');
  for (const area of [ofRsa, ofEcc, ofHash]) expect(verify(area, '0010')).toBe('9b');
});

test('a secret that is no point of the curve is TPM_RC_ECC_POINT [TPM2 CryptUtil.c CryptSecretDecrypt]', () => {
  const library = startedLibrary();
  create(library, ecc('00040472', '0010 0018 000b'));
  create(library, ecc('00030472', `${AES} 0010`));
  const activate = (secret: string): string =>
    codeOf(
      library.send(
        command(0x147, {
          handles: '80000000 80000001',
          sessions: TWO,
          parameters: `${sized('00'.repeat(40))} ${sized(secret)}`,
        }),
      ),
    ).toString(16);
  expect(activate('00'.repeat(32))).toBe('a7');
  expect(activate(`${sized('5a'.repeat(32))}${sized('5a'.repeat(32))}`)).toBe('a7');
  expect(activate('0031')).toBe('95');
  expect(activate('0020 5a')).toBe('9a');
});

test('a sequence can be certified by its own authorization, and has no name [TPM2 SessionProcess.c]', () => {
  const library = startedLibrary();
  library.send(command(0x186, { parameters: '0000 000b' }));
  const certified = library.send(
    command(0x148, { handles: '80000000 40000007', sessions: TWO, parameters: '0000 0010' }),
  );
  expect(codeOf(certified)).toBe(0);
  // Both names of TPMS_CERTIFY_INFO, the signature, and two empty authorizations.
  expect(certified.slice(-32)).toBe('0000' + '0000' + '0010' + '0000010000' + '0000010000');
});

test('a context is read before it is compared: 0x09a without a digest, 0x095 with a short one [TPM2 ContextLoad.c]', () => {
  const library = startedLibrary();
  const load = (blob: string): string =>
    codeOf(
      library.send(command(0x161, { parameters: `0000000000000001 80000000 40000001 ${sized(blob)}` })),
    ).toString(16);
  expect(load('')).toBe('9a');
  expect(load('0010' + '00'.repeat(40))).toBe('95');
  expect(load('0020' + '00'.repeat(32))).toBe('95');
  expect(load('0020' + '00'.repeat(40))).toBe('9f');
});

for (const kind of ['hash', 'HMAC'] as const)
  test(`a saved ${kind} sequence goes on from where it was saved, however often it is loaded [TPM2 Part 3, 28.2]`, () => {
    const library = startedLibrary();
    if (kind === 'HMAC') create(library, '0008 000b 00040472 0000 0005 000b 0000');
    const started =
      kind === 'hash'
        ? library.send(command(0x186, { parameters: '0000 000b' }))
        : library.send(command(0x15b, { handles: '80000000', sessions: PASSWORD, parameters: '0000 000b' }));
    const handle = started.slice(20, 28);
    const context = library.send(command(0x162, { handles: handle })).slice(20);
    const complete = (of: string): string =>
      library.send(command(0x13e, { handles: of, sessions: PASSWORD, parameters: '0003 616263 40000007' }));
    const first = complete(handle);
    const loaded = library.send(command(0x161, { parameters: context })).slice(20, 28);
    expect(codeOf(first)).toBe(0);
    expect(complete(loaded).slice(0, 100)).toBe(first.slice(0, 100));
  });

test('a context can be loaded when hundreds of others were saved behind it [TPM2 Part 3, 28.2]', () => {
  const library = startedLibrary();
  create(library, ecc('00040472', '0010 0018 000b'));
  const context = library.send(command(0x162, { handles: '80000000' })).slice(20);
  for (let others = 0; others < 400; others++) library.send(command(0x162, { handles: '80000000' }));
  expect(codeOf(library.send(command(0x161, { parameters: context })))).toBe(0);
});

test('a session of the other kind in a slot is 0x18b as a handle, and is flushed all the same [TPM2 Entity.c]', () => {
  const library = startedLibrary();
  const nonce = `0010 ${'11'.repeat(16)}`;
  library.send(command(0x176, { handles: '40000007 40000007', parameters: `${nonce} 0000 00 0010 000b` }));
  expect(codeOf(library.send(command(0x189, { handles: '03000000' })))).toBe(0x18b);
  expect(codeOf(library.send(command(0x189, { handles: '03000001' })))).toBe(0x910);
  expect(codeOf(library.send(command(0x165, { parameters: '03000000' })))).toBe(0);
  expect(codeOf(library.send(command(0x165, { parameters: '02000000' })))).toBe(0x08b);
});

test('a password opens the second handle only where its object takes one [TPM2 SessionProcess.c IsAuthValueAvailable]', () => {
  const library = startedLibrary();
  create(library, ecc('00040472', '0010 0018 000b'));
  // A storage key whose use needs its policy.
  create(library, `0023 000b 00030432 ${sized('00'.repeat(32))} ${AES} 0010 0003 0010 0000 0000`);
  const activated = command(0x147, {
    handles: '80000000 80000001',
    sessions: TWO,
    parameters: `${sized('00'.repeat(40))} ${sized('00'.repeat(32))}`,
  });
  expect(codeOf(library.send(activated))).toBe(0x12f);
});

test('the platform takes back what is persistent, and nothing of the null hierarchy persists [TPM2 EvictControl.c]', () => {
  const library = startedLibrary();
  const area = ecc('00040472', '0010 0018 000b');
  create(library, area);
  const evict = (auth: string, object: string, persistent: string): number =>
    codeOf(
      library.send(
        command(0x120, { handles: `${auth} ${object}`, sessions: PASSWORD, parameters: persistent }),
      ),
    );
  expect(evict('40000001', '80000000', '81000001')).toBe(0);
  expect(evict('4000000c', '81000001', '81000002')).toBe(0x08b);
  expect(evict('4000000c', '81000001', '81000001')).toBe(0);
  const parameters = `${sized('0000 0000')} ${sized(area)} 0000 00000000`;
  library.send(command(0x131, { handles: '40000007', sessions: PASSWORD, parameters }));
  expect(evict('40000001', '80000001', '81000001')).toBe(0x082);
});

test('a primary key is that of its seed and template, whatever its authorization [TPM2 CryptUtil.c CryptCreateObject]', () => {
  const library = startedLibrary();
  const area = sized(ecc('00040472', '0010 0018 000b'));
  const made = (sensitive: string): string =>
    library.send(
      command(0x131, {
        handles: '40000001',
        sessions: PASSWORD,
        parameters: `${sized(sensitive)} ${area} 0000 00000000`,
      }),
    );
  const point = (response: string): string => response.slice(-128);
  expect(point(made('0002 aabb 0000'))).toBe(point(made('0000 0000')));
});
