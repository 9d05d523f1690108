import { expect, source, test } from '../../fixtures/index.ts';
import { ECC, eccArea, eccSecret, HMAC, hmacArea, hmacSecret } from './known-keys.ts';
import { hasCommands, PASSWORD } from './script.ts';
import type { Asked } from './session-client.ts';
import { flush, send, sized } from './session-client.ts';

const KEY = '80000000';
const NULL = '40000007';
const AREA = PASSWORD.slice(9);
const N = `c5${'a7'.repeat(126)}01`;

/**
 * Keys of all kinds, by what they are for: public area, a secret, which some lack, and the codes that the commands below answer
 * with, in their order, without numbers of handles. 82 TPM_RC_ATTRIBUTES, 84 _VALUE, 8a _TYPE, 8b _HANDLE, 92 _SCHEME,
 * 9b _SIGNATURE, 9c _KEY, 12f _AUTH_UNAVAILABLE. Two codes where revisions of the standard differ: first that of 1.16, of
 * which the chip's library is, then that of 1.38. [TPM2 Part 2, 12] [TPM2 Part 3, 12 to 20]
 */
const KEYS = {
  'ECC to sign': [
    eccArea('00040040'),
    eccSecret,
    '9c 9c 9c/000 9c/82 000 84/92 92 000 84/92 84/92 8a 8a 92 8a 8a 82 000 8a 8a',
  ],
  'ECC to decrypt': [
    eccArea('00020040'),
    eccSecret,
    '9c 9c 000 000 9c 9c 9c 82 82 82 8a 8a 9c 8a 8a 000 000 8a 8a',
  ],
  'ECC to sign, public': [
    eccArea('00040040'),
    '',
    '9c 12f 9c/000 12f 12f 12f 12f 000 84/92 84/92 12f 12f 12f 8a 12f 8b 000 12f 12f',
  ],
  HMAC: [hmacArea, hmacSecret, '9c 9c 9c 9c 92 000 000 9b/92 9b 9b/92 000 84 000 8a 8a 9c 000 82 8a'],
  'HMAC of any hash': [
    hmacArea.replace('00040040 0000 0005 000b', '00060040 0000 0010'),
    hmacSecret,
    '9c 9c 9c 9c 92 000 92 9b/92 9b 9b/92 000 000 92 8a 8a 9c 000 82 8a',
  ],
  'HMAC, public': [hmacArea, '', '9c 12f 9c 12f 12f 12f 12f 8b 8b 8b 12f 12f 12f 8a 12f 8b/9c 000 12f 12f'],
  'ECC to store, public': [
    `0023 000b 00030040 0000 0006 0080 0043 0010 0003 0010 0020 ${ECC.x} 0020 ${ECC.y}`,
    '',
    '9c 12f 9c/000 12f 12f 12f 12f 82 82 82 12f 12f 12f 000 12f 8b 000 12f 12f',
  ],
  'RSA to decrypt, public': [
    `0001 000b 00020040 0000 0010 0010 0400 00000000 0080 ${N}`,
    '',
    '000 12f 9c 12f 12f 12f 12f 82 82 82 12f 12f 12f 8a 12f 8b 000 12f 12f',
  ],
  'RSA to sign, public': [
    `0001 000b 00040040 0000 0010 0014 000b 0400 00000000 0080 ${N}`,
    '',
    '82 12f 9c 12f 12f 12f 12f 9b/92 9b/92 9b 12f 12f 12f 8a 12f 8b 000 12f 12f',
  ],
} as const;
type Kind = keyof typeof KEYS;

const DIGEST = 'af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf';
const POINT = `0020 ${ECC.x} 0020 ${ECC.y}`;
const NO_TICKET = `8024 ${NULL} 0000`;

/** A command that takes a key. */
interface Taken {
  readonly does: string;
  readonly asks: Asked;
  readonly hasAuth?: true;
}

const on = (code: number, parameters = ''): Asked => ({ code, handles: [KEY], parameters });

const TAKEN: readonly Taken[] = [
  {
    does: 'RSA_Encrypt',
    asks: on(0x174, '0003 726177 0015 0000'),
  },
  {
    does: 'RSA_Decrypt',
    asks: on(0x159, `${sized('01'.repeat(128))} 0015 0000`),
    hasAuth: true,
  },
  { does: 'ECDH_KeyGen', asks: on(0x163) },
  { does: 'ECDH_ZGen', asks: on(0x154, sized(POINT)), hasAuth: true },
  {
    does: 'Sign with ECDSA',
    asks: on(0x15d, `${sized(DIGEST)} 0018 000b ${NO_TICKET}`),
    hasAuth: true,
  },
  {
    does: 'Sign with HMAC',
    asks: on(0x15d, `${sized(DIGEST)} 0005 000b ${NO_TICKET}`),
    hasAuth: true,
  },
  {
    does: 'Sign with the scheme of the key',
    asks: on(0x15d, `${sized(DIGEST)} 0010 ${NO_TICKET}`),
    hasAuth: true,
  },
  {
    does: 'VerifySignature of ECDSA',
    asks: on(0x177, `${sized(DIGEST)} 0018 000b 0020 ${ECC.r} 0020 ${ECC.s}`),
  },
  {
    does: 'VerifySignature of HMAC',
    asks: on(0x177, `${sized(DIGEST)} 0005 000b ${'00'.repeat(32)}`),
  },
  {
    does: 'VerifySignature of RSASSA',
    asks: on(0x177, `${sized(DIGEST)} 0014 000b ${sized('01'.repeat(128))}`),
  },
  { does: 'HMAC', asks: on(0x155, `${HMAC.message}000b`), hasAuth: true },
  {
    does: 'HMAC with another hash',
    asks: on(0x155, `${HMAC.message}0004`),
    hasAuth: true,
  },
  {
    does: 'Quote',
    asks: on(0x158, `0000 0010 00000001 000b 03 000001`),
    hasAuth: true,
  },
  {
    does: 'MakeCredential',
    asks: on(0x168, `${sized('c0ffee')}${sized(`000b${DIGEST}`)}`),
  },
  {
    does: 'Create',
    asks: on(0x153, `0004 0000 0000 ${sized(hmacArea.replace('00040040', '00040060'))} 0000 00000000`),
    hasAuth: true,
  },
  {
    does: 'StartAuthSession with a salt',
    asks: {
      code: 0x176,
      handles: [KEY, NULL],
      parameters: `${sized('aa'.repeat(16))}${sized(POINT)}00 0010 000b`,
    },
  },
  { does: 'ReadPublic', asks: on(0x173) },
  { does: 'Unseal', asks: on(0x15e), hasAuth: true },
  {
    does: 'ObjectChangeAuth',
    asks: { code: 0x150, handles: [KEY, KEY], parameters: '0000' },
    hasAuth: true,
  },
];

/** TPM_RC_COMMAND_CODE, of a command that a firmware lacks, whatever its parameters. [TPM2 Part 3, 5.2] */
const UNKNOWN = '143';

const FORMAT_ONE = 0x80;
/** The response code without the number of a handle or a parameter. [TPM2 Part 2, 6.6.3] */
function base(code: string): string {
  const value = Number.parseInt(code, 16);
  return (value & FORMAT_ONE) === 0 ? code : (value & 0xbf).toString(16);
}

/** What was seen when it is one of these codes, the first of them otherwise. */
function rightOf(codes: string, seen: string): string {
  const all = codes.split('/');
  return all.includes(seen) ? seen : all[0]!;
}

test.describe('keys of every kind', () => {
  test.use({ about: 'chip' });

  for (const kind of Object.keys(KEYS) as Kind[])
    test(
      `a key of kind ${kind} does what it is for, and is refused for everything else`,
      { annotation: source('TPM2 Part 3', 'TPM2 Part 2, 8.3') },
      async ({ driver, rig, step }) => {
        const codesTaken = TAKEN.map(({ asks: { code } }) => code);
        const has = await hasCommands(driver, [0x167, ...codesTaken], rig);
        const [area, secret, codes] = KEYS[kind];
        await step('1. load it', async () => {
          const parameters = `${secret === '' ? '0000' : sized(secret)}${sized(area)}${NULL}`;
          expect((await send(driver, { code: 0x167, parameters })).code).toBe('000');
        });
        const seen: Record<string, string> = {};
        await step(`2. give it to ${TAKEN.length} commands`, async () => {
          for (const { does, asks, hasAuth } of TAKEN) {
            const { code, rest } = await send(driver, asks, hasAuth === true ? AREA : '');
            seen[does] = base(code);
            if (code === '000' && asks.code === 0x176)
              await flush(driver, rest.subarray(0, 4).toString('hex'));
          }
        });
        expect(await flush(driver, KEY)).toBe('000');
        await step('3. compare the answers', () => {
          const expected = codes.split(' ');
          expect(seen).toEqual(
            Object.fromEntries(
              TAKEN.map(({ does, asks: { code } }, at) => [
                does,
                has(code) ? rightOf(expected[at]!, seen[does]!) : UNKNOWN,
              ]),
            ),
          );
        });
      },
    );
});
