import { expect, source, test } from '../../fixtures/index.ts';
import { BOTH, DECRYPTS, ECC, eccArea, eccSecret, HMAC, hmacArea, hmacSecret, SIGNS } from './known-keys.ts';
import { line, PASSWORD, play } from './script.ts';
import { sized } from './session-client.ts';

/** An RSA key of 1024 bits, and what OpenSSL made with it. */
const RSA = {
  n: 'd70ea8afeb04f0cbf4e97a741396f3118603e55460a1b16b59a65607fe1c090409d6bbecc77583f5bcd1e97884de6976b493d03e5d0e3196557f4f909a47ade23d8d4c55d28425e4fb58abd52c26f12745b3a6c161147ade7cfe2c4003688f15dbbf2f5fbab3e4d1736a7a66d26f070147ed3dda2f486f6821a90e08927e0fa5',
  p: 'f68d3cd34fc850340c85e5c37018233b648781bc260389befd36dc059c0d49ab8e98f9f7eb3c493ed59fa985a1fb226a44e9e6c089ec0aa8c8675450e50ad60b',
  /** `h1-hil`, encrypted with OAEP and SHA-256, with OAEP, SHA-1 and the label `lab`, and with PKCS#1 1.5. */
  oaep: '3c36806083c7e1063f6c8038c5a93c03e9f7d15ef4904fe20948870feb2f4adb2c4e73613210fcd3bcc96880528489d7a7e92dd611274be9761857fb07f0b09e470e3811520ddc9847735e48c983f57dad679e660375bc6966d7ddf57f7c020a4336266e11192d2c8224a1f1b81a56fde2a3d2fb9698359b2c5106678d929b8d',
  oaepWithLabel:
    '321c7956f1303718fd879c112e45600552a865396c95d4f1881da29623bf9c4e4f357154a397d3b98460834d7d5eae88b99bb42a56bd745aa349f7f2aaf674d334b76a81d24bc43c37faa4c0172f3c77c12a55c8e4f4a85b6b4d9eb21da6dfd02d698efda2aa678f0047a4481fda76211239ce2fa4573f2c08c6a0621682464c',
  rsaes:
    'b31a46306cdfc4015da5d2b3b367768d86d70225b74898fba0dcb1e4be07e72b504e5f82dacab3b99b75e0829caa875e6b8db665b4567e7c50c6077d6381e4adcff2a433ce3fa48c37d6648077e720545f9038eefa4878bb45236851697298cc72935eb6d250c55cf56a30f44508de024b1baa08b68f05f5245f2b4160c42bc5',
  /** The number 0x726177, without padding. */
  raw: 'bdf45f5af55808a27012db9a19d93d553699e4b4a640fb40e689bfefffdc0bff8421977d7193a3a2d11728425698de6049c5896504ed54f334c7d0578bf0ec71a9a421110301474bef6f29566821be655793ba13860bed46d288154d999a0ffb088a805b01dbd4c4397480ba8ff0d30c7f8c06003371831298b85230dd4086e2',
  /** Signatures of `sample`. */
  rsassaSha256:
    '8b0bce8484c4039c29d1f37d3d4dc383bab0a6627ab5b8058d09c95821b87e748b33dcf5ad15e677f2696c8b126f049472d04de763fde0f24c1fd086691524e6e140525835393174725ec0f297934ed3c8b271efe1c3d31a4a7fb2853496497e2cf44da93198b56db51b847bde893fbccc448eb0938fb81bbf0c9369ea70e4b0',
  rsassaSha1:
    'add7c0765a216080fb55daa9c1a52b2f9048d6240d29e9f66f345612e1704acd7116d539389afe4c22c0324a703f7e5d5d4074702ff709fb9d82796555d81b3159603ef1c05e558c822db39c355940fc964cea9b2c7208eae1d8578964c529ca5f9675752bf4541e0527df0c160471d99d17b9ab3413babaa13a6def25307c58',
  pssSha256:
    '898a7504a81d1cd8bf9fdaade81f5e263bebbe2a3cda16e2251c0b87c6d418262ca1cd216e8bdda9f559cfe7843119493dad4efe7bc129cbf09054973a0791be0331605fd89006f714eb3058475df88de32f3bfe2afeb907d1885e0063afb0c6804aecafa02d47708a8d49f2d2cab19c5c1c300634f1fa06e7a05b6ec86f4fed',
};
const MESSAGE = '0006 68312d68696c';

/** Digests of `sample`. [RFC 6979, A.2.5] */
const SHA256 = 'af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf';
const SHA1 = '8151325dcdbae9e0ff95f9f9658432dbedfdb209';

/** Another point of the curve [RFC 5903, 8.1], and the secret that both share, of OpenSSL. */
const OTHER = {
  x: 'd12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63',
  y: '56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab',
  shared: '2e37ea8d4af773501b91541be97e4a2a92ca57991470f2d3b541d56db412ac37',
};

/** LoadExternal with no hierarchy. [TPM2 Part 3, 12.3] */
const load = (what: string, secret: string, area: string, answer = '000'): ReturnType<typeof line> =>
  line(
    `load ${what}`,
    0x167,
    { parameters: `${secret === '' ? '0000' : sized(secret)} ${sized(area)} 40000007` },
    answer,
  );
const rsaArea = (attributes: string, scheme = '0010'): string =>
  `0001 000b ${attributes} 0000 0010 ${scheme} 0400 00000000 0080 ${RSA.n}`;
const rsaSecret = `0001 0000 0000 0040 ${RSA.p}`;

const KEY = '80000000';
const flush = line('flush it', 0x165, { parameters: KEY }, '000');
const NO_TICKET = '8024 40000007 0000';
/** What VerifySignature vouches with when the key has no hierarchy. [TPM2 Part 3, 20.1] */
const VERIFIED = '8022400000070000';

const decrypt = (how: string, cipher: string, scheme: string, answer: string): ReturnType<typeof line> =>
  line(
    `RSA_Decrypt ${how}`,
    0x159,
    { handles: KEY, sessions: PASSWORD, parameters: `0080 ${cipher} ${scheme}` },
    answer,
  );
const verify = (how: string, digest: string, signature: string, answer: string): ReturnType<typeof line> =>
  line(
    `VerifySignature ${how}`,
    0x177,
    { handles: KEY, parameters: `${sized(digest)} ${signature}` },
    answer,
  );
const sign = (how: string, digest: string, scheme: string, answer: string): ReturnType<typeof line> =>
  line(
    `Sign ${how}`,
    0x15d,
    { handles: KEY, sessions: PASSWORD, parameters: `${sized(digest)} ${scheme} ${NO_TICKET}` },
    answer,
  );
/** The answer to a command with one session: the size of the parameters, they, and the session. [TPM2 Part 1, 18.10] */
function answer(parameters: string): string {
  const length = (parameters.replaceAll(' ', '').length / 2).toString(16).padStart(8, '0');
  return `000 ${length} ${parameters} 0000 01 0000`;
}

/** TPM_RC_VALUE, and TPM_RC_FAILURE of a library that lets OpenSSL take the padding off. [TPM2 Part 3, 14.3] */
const NOT_PADDED = '084/101';

const RSA_SCRIPT = [
  load('the RSA key for both uses', rsaSecret, rsaArea(BOTH)),
  line('ReadPublic', 0x173, { handles: KEY }, '000'),
  decrypt('with OAEP and SHA-256', RSA.oaep, '0017 000b 0000', answer(MESSAGE)),
  decrypt('with OAEP, SHA-1 and a label', RSA.oaepWithLabel, '0017 0004 0004 6c616200', answer(MESSAGE)),
  decrypt('with the wrong label', RSA.oaepWithLabel, '0017 0004 0004 6c616300', NOT_PADDED),
  decrypt('with OAEP and the wrong hash', RSA.oaep, '0017 0004 0000', NOT_PADDED),
  decrypt('with PKCS#1 1.5', RSA.rsaes, '0015 0000', answer(MESSAGE)),
  decrypt('without padding', RSA.raw, '0010 0000', answer(`0080 ${'00'.repeat(125)} 726177`)),
  decrypt('with a label without its zero', RSA.oaep, '0017 000b 0001 61', '084'),
  line(
    'RSA_Encrypt without padding',
    0x174,
    { handles: KEY, parameters: `0003 726177 0010 0000` },
    `000 0080 ${RSA.raw}`,
  ),
  sign('RSASSA with SHA-256', SHA256, '0014 000b', answer(`0014 000b 0080 ${RSA.rsassaSha256}`)),
  sign('RSASSA with SHA-1', SHA1, '0014 0004', answer(`0014 0004 0080 ${RSA.rsassaSha1}`)),
  sign('with a digest of another size', SHA1, '0014 000b', '095'),
  verify('RSASSA', SHA256, `0014 000b 0080 ${RSA.rsassaSha256}`, `000 ${VERIFIED}`),
  verify('RSAPSS', SHA256, `0016 000b 0080 ${RSA.pssSha256}`, `000 ${VERIFIED}`),
  verify('of another digest', `00${SHA256.slice(2)}`, `0014 000b 0080 ${RSA.rsassaSha256}`, '09b'),
  verify('RSAPSS of another digest', `00${SHA256.slice(2)}`, `0016 000b 0080 ${RSA.pssSha256}`, '09b'),
  flush,
  load('the public part alone', '', rsaArea(SIGNS, '0014 000b')),
  verify('with the public part', SHA256, `0014 000b 0080 ${RSA.rsassaSha256}`, `000 ${VERIFIED}`),
  verify('of the wrong size', SHA256, `0014 000b 007f ${'11'.repeat(127)}`, '09b'),
  flush,
  load('a key for decryption', rsaSecret, rsaArea(DECRYPTS, '0017 000b')),
  decrypt('as the key says', RSA.oaep, '0010 0000', answer(MESSAGE)),
  decrypt('unlike the key says', RSA.oaep, '0015 0000', '092'),
  flush,
];

const ECC_SCRIPT = [
  load('the P-256 key for both uses', eccSecret, eccArea(BOTH)),
  line(
    'ECDH_ZGen',
    0x154,
    { handles: KEY, sessions: PASSWORD, parameters: sized(`0020 ${OTHER.x} 0020 ${OTHER.y}`) },
    '000',
  ),
  line(
    'ECDH_ZGen of a point beside the curve',
    0x154,
    { handles: KEY, sessions: PASSWORD, parameters: sized(`0020 ${OTHER.x} 0020 ${OTHER.x}`) },
    '0a7',
  ),
  line('ECDH_KeyGen', 0x163, { handles: KEY }, '000'),
  verify('ECDSA', SHA256, `0018 000b 0020 ${ECC.r} 0020 ${ECC.s}`, `000 ${VERIFIED}`),
  verify('ECDSA with r and s exchanged', SHA256, `0018 000b 0020 ${ECC.s} 0020 ${ECC.r}`, '09b'),
  verify('ECDSA of another digest', `00${SHA256.slice(2)}`, `0018 000b 0020 ${ECC.r} 0020 ${ECC.s}`, '09b'),
  verify('ECDSA with r of 0', SHA256, `0018 000b 0020 ${'00'.repeat(32)} 0020 ${ECC.s}`, '09b'),
  sign('ECDSA', SHA256, '0018 000b', '000'),
  sign('with a scheme of RSA', SHA256, '0014 000b', '084/092'),
  flush,
  load('a key that only decrypts', eccSecret, eccArea(DECRYPTS)),
  sign('with a key that only decrypts', SHA256, '0018 000b', '09c'),
  flush,
];

const HMAC_SCRIPT = [
  load('the HMAC key', hmacSecret, hmacArea),
  line(
    'HMAC',
    0x155,
    { handles: KEY, sessions: PASSWORD, parameters: `${HMAC.message} 000b` },
    answer(`0020 ${HMAC.mac}`),
  ),
  line(
    'HMAC with another hash',
    0x155,
    { handles: KEY, sessions: PASSWORD, parameters: `${HMAC.message} 0004` },
    '084',
  ),
  sign('with the HMAC key', SHA256, '0005 000b', '000'),
  flush,
];

test.describe('keys', () => {
  test.use({ about: 'chip' });

  for (const [name, script, standard] of [
    ['RSA', RSA_SCRIPT, 'TPM2 Part 1, B'],
    ['ECC', ECC_SCRIPT, 'TPM2 Part 1, C'],
    ['HMAC', HMAC_SCRIPT, 'TPM2 Part 3, 15.5'],
  ] as const)
    test(
      `a TPM decrypts, signs and verifies with a known ${name} key as others do, and refuses what does not fit`,
      { annotation: source('CHIP 5.5', standard) },
      async ({ driver, rig, step }) => {
        const { seen, expected } = await step(`1. send ${script.length} commands`, () =>
          play(driver, script, rig),
        );
        await step('2. compare each answer with what others made of the same key', () => {
          expect(seen).toEqual(expected);
        });
      },
    );
});
