import { expect, source, test } from '../../fixtures/index.ts';
import { ECC, eccArea, eccSecret, HMAC, hmacArea, hmacSecret } from './known-keys.ts';
import { needsCommands, PASSWORD } from './script.ts';
import type { Asked } from './session-client.ts';
import { flush, send, sized } from './session-client.ts';

const KEY = '80000000';
const NULL = '40000007';
const AREA = PASSWORD.slice(9);
const N = `c5${'a7'.repeat(126)}01`;

/** Keys of all kinds, by what they are for: public area and secret, which some lack. [TPM2 Part 2, 12] */
const KEYS = {
  'ECC to sign': [eccArea('00040040'), eccSecret],
  'ECC to decrypt': [eccArea('00020040'), eccSecret],
  'ECC to sign, public': [eccArea('00040040'), ''],
  HMAC: [hmacArea, hmacSecret],
  'HMAC of any hash': [hmacArea.replace('0005 000b', '0010'), hmacSecret],
  'HMAC, public': [hmacArea, ''],
  'ECC to store, public': [
    `0023 000b 00030040 0000 0006 0080 0043 0010 0003 0010 0020 ${ECC.x} 0020 ${ECC.y}`,
    '',
  ],
  'RSA to decrypt, public': [`0001 000b 00020040 0000 0010 0010 0400 00000000 0080 ${N}`, ''],
  'RSA to sign, public': [`0001 000b 00040040 0000 0010 0014 000b 0400 00000000 0080 ${N}`, ''],
} as const;
type Kind = keyof typeof KEYS;

const DIGEST = 'af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf';
const POINT = `0020 ${ECC.x} 0020 ${ECC.y}`;
const NO_TICKET = `8024 ${NULL} 0000`;

/** A command that takes a key, and the code of the answer for each kind of key. */
interface Taken {
  readonly does: string;
  readonly asks: Asked;
  readonly hasAuth?: true;
  readonly answers: Readonly<Record<Kind, string>>;
}

/** Code for each kind of key, in the order of KEYS. */
const answers = (...codes: readonly string[]): Record<Kind, string> =>
  Object.fromEntries(Object.keys(KEYS).map((kind, at) => [kind, codes[at]])) as Record<Kind, string>;

const with_ = (code: number, parameters = ''): Asked => ({ code, handles: [KEY], parameters });

const TAKEN: readonly Taken[] = [
  {
    does: 'RSA_Encrypt',
    asks: with_(0x174, '0003 726177 0015 0000'),
    answers: answers('?', '?', '?', '?', '?', '?', '?', '?', '?'),
  },
  {
    does: 'RSA_Decrypt',
    asks: with_(0x159, `${sized('01'.repeat(128))} 0015 0000`),
    hasAuth: true,
    answers: answers('?'),
  },
  { does: 'ECDH_KeyGen', asks: with_(0x163), answers: answers('?') },
  { does: 'ECDH_ZGen', asks: with_(0x154, sized(POINT)), hasAuth: true, answers: answers('?') },
  {
    does: 'Sign with ECDSA',
    asks: with_(0x15d, `${sized(DIGEST)} 0018 000b ${NO_TICKET}`),
    hasAuth: true,
    answers: answers('?'),
  },
  {
    does: 'Sign with HMAC',
    asks: with_(0x15d, `${sized(DIGEST)} 0005 000b ${NO_TICKET}`),
    hasAuth: true,
    answers: answers('?'),
  },
  {
    does: 'Sign with the scheme of the key',
    asks: with_(0x15d, `${sized(DIGEST)} 0010 ${NO_TICKET}`),
    hasAuth: true,
    answers: answers('?'),
  },
  {
    does: 'VerifySignature of ECDSA',
    asks: with_(0x177, `${sized(DIGEST)} 0018 000b 0020 ${ECC.r} 0020 ${ECC.s}`),
    answers: answers('?'),
  },
  {
    does: 'VerifySignature of HMAC',
    asks: with_(0x177, `${sized(DIGEST)} 0005 000b ${'00'.repeat(32)}`),
    answers: answers('?'),
  },
  {
    does: 'VerifySignature of RSASSA',
    asks: with_(0x177, `${sized(DIGEST)} 0014 000b ${sized('01'.repeat(128))}`),
    answers: answers('?'),
  },
  { does: 'HMAC', asks: with_(0x155, `${HMAC.message}000b`), hasAuth: true, answers: answers('?') },
  {
    does: 'HMAC with another hash',
    asks: with_(0x155, `${HMAC.message}0004`),
    hasAuth: true,
    answers: answers('?'),
  },
  {
    does: 'Quote',
    asks: with_(0x158, `0000 0010 00000001 000b 03 000001`),
    hasAuth: true,
    answers: answers('?'),
  },
  {
    does: 'MakeCredential',
    asks: with_(0x168, `${sized('c0ffee')}${sized(`000b${DIGEST}`)}`),
    answers: answers('?'),
  },
  {
    does: 'Create',
    asks: with_(0x153, `0004 0000 0000 ${sized(hmacArea.replace('00040040', '00040060'))} 0000 00000000`),
    hasAuth: true,
    answers: answers('?'),
  },
  {
    does: 'StartAuthSession with a salt',
    asks: {
      code: 0x176,
      handles: [KEY, NULL],
      parameters: `${sized('aa'.repeat(16))}${sized(POINT)}00 0010 000b`,
    },
    answers: answers('?'),
  },
  { does: 'ReadPublic', asks: with_(0x173), answers: answers('?') },
  { does: 'Unseal', asks: with_(0x15e), hasAuth: true, answers: answers('?') },
  {
    does: 'ObjectChangeAuth',
    asks: { code: 0x150, handles: [KEY, KEY], parameters: '0000' },
    hasAuth: true,
    answers: answers('?'),
  },
];

test.describe('keys of every kind', () => {
  test.use({ about: 'chip' });

  for (const kind of Object.keys(KEYS) as Kind[])
    test(
      `a key of kind ${kind} does what it is for, and is refused for everything else`,
      { annotation: source('TPM2 Part 3', 'TPM2 Part 2, 8.3') },
      async ({ driver, rig, step }) => {
        await needsCommands(driver, [0x167, ...TAKEN.map(({ asks: { code } }) => code)], rig);
        const [area, secret] = KEYS[kind];
        await step('1. load it', async () => {
          const parameters = `${secret === '' ? '0000' : sized(secret)}${sized(area)}${NULL}`;
          expect((await send(driver, { code: 0x167, parameters })).code).toBe('000');
        });
        const seen: Record<string, string> = {};
        await step(`2. give it to ${TAKEN.length} commands`, async () => {
          for (const { does, asks, hasAuth } of TAKEN) {
            const { code, rest } = await send(driver, asks, hasAuth === true ? AREA : '');
            seen[does] = code;
            if (code === '000' && asks.code === 0x176)
              await flush(driver, rest.subarray(0, 4).toString('hex'));
          }
        });
        expect(await flush(driver, KEY)).toBe('000');
        if (process.env.SHOW) console.error(kind, JSON.stringify(Object.values(seen)));
        await step('3. compare the answers', () => {
          expect(seen).toEqual(Object.fromEntries(TAKEN.map(({ does, answers }) => [does, answers[kind]])));
        });
      },
    );
});
