import { createHmac } from 'node:crypto';
import type { HostDriver } from '../../fixtures/index.ts';
import { expect, source, test } from '../../fixtures/index.ts';
import { HMAC, hmacArea, hmacSecret } from './known-keys.ts';
import { hasCommands, needsCommands } from './script.ts';
import type { Asked, NvIndex } from './session-client.ts';
import {
  AUDITS,
  bytes,
  define,
  digest,
  flush,
  GOES_ON,
  nameOfIndex,
  send,
  Session,
  SHA256,
  sized,
  undefine,
  word,
  writeOf,
} from './session-client.ts';

const KEY = '80000000';
const NULL = '40000007';
const ENDORSEMENT = '4000000b';
const EMPTY = '40000009 0000 00 0000';
const hashed = (...parts: readonly string[]): string => digest(SHA256, ...parts).toString('hex');
const KEY_NAME = `000b${hashed(hmacArea)}`;
/**
 * The qualified name of a key that the TPM was given: below the null hierarchy, or, in TPMs of later revisions, the name of the
 * key itself. [TPM2 Part 1, 16] [TPM2 Object.c]
 */
const QUALIFIED = [`000b${hashed(NULL, KEY_NAME)}`, KEY_NAME];
/** What the caller adds. */
const EXTRA = '0123456789abcdef';
const NO_SCHEME = '0010';

const INDEX: NvIndex = {
  ...{ handle: '01500023', auth: '6e76', attributes: 0x0204_0004, policy: '', size: 8 },
};
const TEXT = '1021324354657687';
const EXTENDED = 'ab'.repeat(32);
/** PCR 16 of the banks SHA-1 and SHA-256. [TPM2 Part 2, 10.6.2] */
const SELECTED = '00000002 0004 03 000001 000b 03 000001'.replaceAll(' ', '');

/** A command that attests: its type in the answer, what it attests, and its authorization area. */
interface Attested {
  readonly does: string;
  readonly asks: (signer: string) => Asked;
  readonly area: string;
  readonly type: string;
  /** What stands behind the version of the firmware. */
  readonly says: string | RegExp;
  /** It has to be signed. */
  readonly isSigned?: true;
}

const ATTESTED: readonly Attested[] = [
  {
    does: 'Quote',
    asks: (signer) => ({
      code: 0x158,
      handles: [signer],
      parameters: `${sized(EXTRA)}${NO_SCHEME}${SELECTED}`,
    }),
    area: EMPTY,
    type: '8018',
    says: `${SELECTED}${sized(hashed('00'.repeat(20), hashed('00'.repeat(32), EXTENDED)))}`,
    isSigned: true,
  },
  {
    does: 'Certify',
    asks: (signer) => ({ code: 0x148, handles: [KEY, signer], parameters: `${sized(EXTRA)}${NO_SCHEME}` }),
    area: EMPTY + EMPTY,
    type: '8017',
    says: new RegExp(`^${sized(KEY_NAME)}(${QUALIFIED.map(sized).join('|')})$`),
  },
  {
    does: 'GetTime',
    asks: (signer) => ({
      code: 0x14c,
      handles: [ENDORSEMENT, signer],
      parameters: `${sized(EXTRA)}${NO_SCHEME}`,
    }),
    area: EMPTY + EMPTY,
    type: '8019',
    // Time, clock, both counts, whether the clock is safe, and the version of the firmware.
    says: /^[0-9a-f]{32}[0-9a-f]{16}0[01][0-9a-f]{16}$/,
  },
  ...[
    { offset: 0, size: 8 },
    { offset: 3, size: 4 },
    { offset: 7, size: 1 },
    { offset: 8, size: 0 },
  ].map(({ offset, size }): Attested => {
    const half = (value: number): string => value.toString(16).padStart(4, '0');
    return {
      does: `NV_Certify of ${size} bytes at ${offset}`,
      asks: (signer) => ({
        code: 0x184,
        handles: [signer, INDEX.handle, INDEX.handle],
        parameters: `${sized(EXTRA)}${NO_SCHEME}${half(size)}${half(offset)}`,
      }),
      area: `${EMPTY}40000009 0000 00 ${sized(INDEX.auth)}`,
      type: '8014',
      says: `${sized(nameOfIndex(INDEX, true))}${half(offset)}${sized(TEXT.slice(2 * offset, 2 * (offset + size)))}`,
    };
  }),
];

/** The parts of TPMS_ATTEST and of its signature, with what no host can know left out. [TPM2 Part 2, 10.12.8] */
function partsOf(rest: Buffer): Record<'head' | 'says' | 'signature', string> & { readonly attest: Buffer } {
  const parameters = rest.subarray(4, 4 + rest.readUInt32BE(0));
  const attest = parameters.subarray(2, 2 + parameters.readUInt16BE(0));
  const signer = 8 + attest.readUInt16BE(6);
  const extra = signer + 2 + attest.readUInt16BE(signer);
  return {
    attest,
    head: attest.subarray(0, extra).toString('hex'),
    // Clock, two counts, whether the clock is safe, and the version of the firmware.
    says: attest.subarray(extra + 17 + 8).toString('hex'),
    signature: parameters.subarray(2 + attest.length).toString('hex'),
  };
}

/** TPM_RC_COMMAND_CODE: the firmware lacks the command. [TPM2 Part 3, 5.2] */
const UNKNOWN = '143';
const MAGIC = 'ff544347';
/** An HMAC of the digest, with the key that both know. [TPM2 Part 1, 27.5] */
const macOf = (data: Uint8Array): string =>
  createHmac('sha256', bytes(HMAC.key)).update(digest(SHA256, data)).digest('hex');

async function prepare(driver: HostDriver): Promise<string[]> {
  const extend = `00000001000b${EXTENDED}`;
  return [
    (await send(driver, { code: 0x167, parameters: `${sized(hmacSecret)}${sized(hmacArea)}${NULL}` })).code,
    await define(driver, INDEX),
    (await send(driver, writeOf(INDEX, TEXT, false), `40000009 0000 00 ${sized(INDEX.auth)}`)).code,
    (await send(driver, { code: 0x13d, handles: ['00000010'] }, EMPTY)).code,
    (await send(driver, { code: 0x182, handles: ['00000010'], parameters: extend }, EMPTY)).code,
  ];
}

test.describe('attestation', () => {
  test.use({ about: 'chip' });

  test(
    'what is attested is right, and signed with the key when there is one',
    { annotation: source('TPM2 Part 3, 18', 'TPM2 Part 2, 10.12') },
    async ({ driver, rig, step }) => {
      const has = await hasCommands(driver, [0x148, 0x14c, 0x14d, 0x158, 0x167, 0x182, 0x184], rig);
      expect(await step('1. load a key, write an index and extend a PCR', () => prepare(driver))).toEqual(
        Array.from({ length: 5 }, () => '000'),
      );
      for (const { does, asks, area, type, says, isSigned } of ATTESTED)
        for (const signer of isSigned === true ? [KEY] : [KEY, NULL])
          await step(`2. ${does}, signed by ${signer}`, async () => {
            const asked = asks(signer);
            const { code, rest } = await send(driver, asked, area);
            expect(code).toBe(has(asked.code) ? '000' : UNKNOWN);
            if (!has(asked.code)) return;
            const { attest, head, signature, ...seen } = partsOf(rest);
            const heads = (signer === KEY ? QUALIFIED : [NULL]).map(
              (name) => `${MAGIC}${type}${sized(name)}${sized(EXTRA)}`,
            );
            expect(head).toBe(heads.find((one) => one === head) ?? heads[0]);
            expect(seen.says).toEqual(typeof says === 'string' ? says : expect.stringMatching(says));
            expect(signature).toBe(signer === KEY ? `0005000b${macOf(attest)}` : '0010');
          });
      await step('3. ask for what does not fit', async () => {
        const beyond = { code: 0x184, handles: [KEY, INDEX.handle, INDEX.handle] };
        const { area } = ATTESTED.at(-1)!;
        const code = async (asked: Asked, sessions: string): Promise<string> =>
          (await send(driver, asked, sessions)).code;
        expect([
          await code({ ...beyond, parameters: `0000${NO_SCHEME}00080001` }, area),
          await code({ ...beyond, parameters: `0000${NO_SCHEME}00010008` }, area),
          await code({ code: 0x158, handles: [KEY], parameters: `00000014000b${SELECTED}` }, EMPTY),
          await code(
            { code: 0x14d, handles: [ENDORSEMENT, KEY, '02000000'], parameters: '00000010' },
            EMPTY + EMPTY,
          ),
        ]).toEqual(['146', '146', '092', has(0x14d) ? '912' : UNKNOWN]);
      });
      await step('4. remove what was made', async () => {
        expect([await flush(driver, KEY), await undefine(driver, INDEX)]).toEqual(['000', '000']);
      });
    },
  );

  test(
    'a session that audits attests the digest of all that it saw, and whether it saw everything',
    { annotation: source('TPM2 Part 1, 32', 'TPM2 Part 3, 18.5') },
    async ({ driver, rig, step }) => {
      await needsCommands(driver, [0x14d, 0x165, 0x167, 0x176, 0x17e], rig);
      const load = { code: 0x167, parameters: `${sized(hmacSecret)}${sized(hmacArea)}${NULL}` };
      expect((await send(driver, load)).code).toBe('000');
      const session = new Session(driver);
      expect(await session.begin()).toBe('000');
      let audited = '00'.repeat(32);
      const digestIn = async (): Promise<string> => {
        const asked = { code: 0x14d, handles: [ENDORSEMENT, KEY, session.handle], parameters: '00000010' };
        const { code, rest } = await send(driver, asked, EMPTY + EMPTY);
        return code === '000' ? partsOf(rest).says : code;
      };
      await step('1. ask for the digest of a session that audited nothing', async () => {
        // TPM_RC_TYPE of handle 3. [TPM2 Part 3, 18.5]
        expect(await digestIn()).toMatch(/^.8a$/);
      });
      const read = { code: 0x17e, parameters: '00000001000b03000001' };
      for (const turn of [1, 2, 3])
        await step(`2. read a PCR under audit, ${turn} of 3`, async () => {
          const held = await session.use(read, { attributes: GOES_ON | AUDITS });
          expect(held.code).toBe('000');
          audited = hashed(
            audited,
            hashed(word(read.code), read.parameters),
            hashed('00000000', word(read.code), held.parameters),
          );
          // The command that asks is not audited itself, and so the session has not seen everything from then on.
          expect(await digestIn()).toBe(`${turn === 1 ? '01' : '00'}${sized(audited)}`);
        });
      expect([await flush(driver, session.handle), await flush(driver, KEY)]).toEqual(['000', '000']);
    },
  );
});
