import type { HostDriver } from '../../fixtures/index.ts';
import { expect, source, test } from '../../fixtures/index.ts';
import { needsCommands } from './script.ts';
import type { Asked, Beginning, Hiding, NvIndex } from './session-client.ts';
import {
  ANSWERS_ENCRYPTED,
  bytes,
  define,
  flush,
  GOES_ON,
  nameOfIndex,
  readOf,
  Session,
  SESSION_HASHES,
  sized,
  TAKES_ENCRYPTED,
  undefine,
  writeOf,
} from './session-client.ts';

/** authWrite, authRead and noDa. [TPM2 Part 2, 13.4] */
const INDEX: NvIndex = {
  handle: '01500021',
  auth: '6c6f636b2069742075702c20706c6561',
  attributes: 0x0204_0004,
  policy: '',
  size: 24,
};
const TEXT = '000102030405060708090a0b0c0d0e0f1011121314151617';
const OTHER_TEXT = 'f0e0d0c0b0a090807060504030201000ffeeddccbbaa9988';
const SESSION_COMMANDS = [0x176, 0x12a, 0x122, 0x137, 0x14e, 0x165];

const write = (text: string): Asked => writeOf(INDEX, text);
const read = readOf(INDEX);
const WRITTEN = nameOfIndex(INDEX, true);
const { auth } = INDEX;

/** What a test sees, as sentences. */
const told = (does: string, { code, parameters, isProven }: Awaited<ReturnType<Session['use']>>): string =>
  `${does}: ${code} ${parameters}${code === '000' && !isProven ? ', and the HMAC of the TPM is wrong' : ''}`;

const beginnings = (hash: Beginning['hash']): Readonly<Record<string, Beginning>> => ({
  'bound to nothing': { ...(hash && { hash }) },
  'bound to the index': { ...(hash && { hash }), bound: { handle: INDEX.handle, name: WRITTEN, auth } },
});
const HIDINGS: readonly Hiding[] = ['nothing', 'AES-128 CFB', 'AES-256 CFB', 'XOR'];

async function writtenIndex(driver: HostDriver): Promise<string[]> {
  const session = new Session(driver);
  return [
    `define: ${await define(driver, INDEX)}`,
    `begin: ${await session.begin()}`,
    told(
      'write it for the first time',
      await session.use(writeOf(INDEX, TEXT, false), { auth, attributes: 0 }),
    ),
  ];
}
const WRITTEN_INDEX = ['define: 000', 'begin: 000', 'write it for the first time: 000 '];

test.describe('sessions with an HMAC', () => {
  test.use({ about: 'chip' });
  test.beforeEach(async ({ driver, rig }) => {
    await needsCommands(driver, SESSION_COMMANDS, rig);
  });

  for (const hash of SESSION_HASHES)
    for (const [how, beginning] of Object.entries(beginnings(hash)))
      test(
        `of ${hash.name}, ${how}: what is written and read is right, hidden in each way and in the plain, and so is each HMAC of the TPM`,
        { annotation: source('TPM2 Part 1, 19', 'TPM2 Part 1, 21') },
        async ({ driver, step }) => {
          const seen: string[] = [];
          const expected: string[] = [];
          await step('1. define and write an index', async () => {
            seen.push(...(await writtenIndex(driver)));
            expected.push(...WRITTEN_INDEX);
          });
          await step('2. write and read it in a session of each kind', async () => {
            for (const hiding of HIDINGS) {
              const session = new Session(driver, { ...beginning, hiding });
              const [takes, answers] = hiding === 'nothing' ? [0, 0] : [TAKES_ENCRYPTED, ANSWERS_ENCRYPTED];
              seen.push(`begin, ${hiding}: ${await session.begin()}`);
              for (const text of [OTHER_TEXT, TEXT]) {
                const put = await session.use(write(text), { auth, attributes: GOES_ON | takes });
                const got = await session.use(read, { auth, attributes: GOES_ON | answers });
                seen.push(told('write', put), told('read', got));
              }
              seen.push(`flush: ${await flush(driver, session.handle)}`);
              const turns = [OTHER_TEXT, TEXT].flatMap((text) => ['write: 000 ', `read: 000 ${sized(text)}`]);
              expected.push(`begin, ${hiding}: 000`, ...turns, 'flush: 000');
            }
            seen.push(`undefine: ${await undefine(driver, INDEX)}`);
            expected.push('undefine: 000');
          });
          await step('3. compare', () => {
            expect(seen).toEqual(expected);
          });
        },
      );

  test(
    'a wrong HMAC, a used nonce, another authorization and a session that has ended are refused',
    { annotation: source('TPM2 Part 1, 19.6', 'TPM2 Part 2, 6.6') },
    async ({ driver, step }) => {
      const seen = await step('1. define and write an index', () => writtenIndex(driver));
      await step('2. ask in ways that are wrong', async () => {
        const session = new Session(driver);
        seen.push(`begin: ${await session.begin()}`);
        const spoilt = (at: number) => (mac: Buffer) => {
          mac[at]! ^= 1;
          return mac;
        };
        for (const at of [0, 15, 31])
          seen.push(told(`byte ${at}`, await session.use(read, { auth, spoils: spoilt(at) })));
        seen.push(told('too short', await session.use(read, { auth, spoils: (mac) => mac.subarray(1) })));
        seen.push(told('no value', await session.use(read)));
        seen.push(told('name of before', await session.use(readOf(INDEX, false), { auth })));
        seen.push(told('right', await session.use(read, { auth })));
        session.nonceTpm = Buffer.from(bytes('00'.repeat(32)));
        seen.push(told('an old nonce', await session.use(read, { auth })));
        seen.push(`flush: ${await flush(driver, session.handle)}`);
        const last = new Session(driver);
        seen.push(`begin: ${await last.begin()}`);
        seen.push(told('the last', await last.use(read, { auth, attributes: 0 })));
        seen.push(told('after it', await last.use(read, { auth })));
        seen.push(`flush: ${await flush(driver, last.handle)}`, `undefine: ${await undefine(driver, INDEX)}`);
      });
      await step('3. compare', () => {
        const text = sized(TEXT);
        expect(seen).toEqual([
          ...WRITTEN_INDEX,
          'begin: 000',
          // TPM_RC_BAD_AUTH of session 1: the index counts no failures. [TPM2 Part 2, 6.6.3]
          ...['byte 0', 'byte 15', 'byte 31', 'too short', 'no value', 'name of before'].map(
            (how) => `${how}: 9a2 `,
          ),
          `right: 000 ${text}`,
          ...['an old nonce: 9a2 ', 'flush: 000', 'begin: 000', `the last: 000 ${text}`],
          // TPM_RC_REFERENCE_S0, and TPM_RC_HANDLE.
          ...['after it: 918 ', 'flush: 08b', 'undefine: 000'],
        ]);
      });
    },
  );
});
