import type { Board, HostDriver } from '../../fixtures/index.ts';
import { expect, seconds, source, test } from '../../fixtures/index.ts';
import { eccArea, SIGNS, signatureOf } from './known-keys.ts';
import { needsCommands } from './script.ts';
import type { Asked, NvIndex, Use } from './session-client.ts';
import {
  bytes,
  define,
  digest,
  flush,
  GOES_ON,
  readOf,
  send,
  Session,
  SHA256,
  sized,
  undefine,
  word,
  writeOf,
} from './session-client.ts';

const AUTH = '70617373776f7264';
const TEXT = '0011223344556677';
/** authWrite, policyRead and noDa, so that the value writes and the policy reads. [TPM2 Part 2, 13.4] */
const BY_POLICY = 0x0208_0004;
const indexWith = (policy: string, attributes = BY_POLICY): NvIndex => ({
  ...{ handle: '01500022', auth: AUTH, size: 8 },
  ...{ attributes, policy },
});

/** What a policy becomes by a step, and the command that makes the step; `session` stands for the handle of the session. */
interface Step {
  readonly does: string;
  readonly code: number;
  readonly asks: (session: Session) => Asked;
  /** The authorization area, for a step that needs one. */
  readonly area?: string;
  readonly adds: (policy: string) => string;
}

const hashed = (...parts: readonly string[]): string => digest(SHA256, ...parts).toString('hex');
/** A step whose code and parts are hashed behind the policy. [TPM2 Part 3, 23.2.3] */
const step = (does: string, code: number, parameters = '', parts = [parameters]): Step => ({
  does,
  code,
  asks: ({ handle }) => ({ code, handles: [handle], parameters }),
  adds: (policy) => hashed(policy, word(code), ...parts),
});

const AUTH_VALUE = step('PolicyAuthValue', 0x16b);
const PASSWORD: Step = { ...step('PolicyPassword', 0x18c), adds: AUTH_VALUE.adds };
const commandCode = (code: number): Step => step(`PolicyCommandCode ${word(code)}`, 0x16c, word(code));
const locality = (mask: string): Step => step(`PolicyLocality ${mask}`, 0x16f, mask);
const written = (is: '00' | '01'): Step => step(`PolicyNvWritten ${is}`, 0x18f, is);
/** The digests of a command and of names do not go into a name: a policy cannot hold its own. Any other index serves. */
const cpHash = (does: string, value: string): Step =>
  step(`PolicyCpHash of ${does}`, 0x16e, sized(value), [value]);

const OWNER = '40000001';
const EMPTY = '40000009 0000 00 0000';
const asserted = (policy: string, code: number, name: string, reference: string): string =>
  hashed(hashed(policy, word(code), name), reference);
const REFERENCE = 'abcd';
/** PolicySecret with the owner's empty value. [TPM2 Part 3, 23.4] */
const secret = (expiration: number): Step => ({
  does: `PolicySecret, ${expiration} s`,
  code: 0x151,
  asks: ({ handle, nonceTpm }) => ({
    code: 0x151,
    handles: [OWNER, handle],
    parameters: `${sized(nonceTpm)}0000${sized(REFERENCE)}${word(expiration)}`,
  }),
  area: EMPTY,
  adds: (policy) => asserted(policy, 0x151, OWNER, REFERENCE),
});

const KEY = '80000000';
const KEY_NAME = `000b${hashed(eccArea(SIGNS))}`;
/** PolicySigned by the holder of a known key, who signs nonce, expiration and reference. [TPM2 Part 3, 23.3] */
const signed = (expiration: number, said = expiration): Step => ({
  does: `PolicySigned, ${expiration} s${said === expiration ? '' : `, where ${said} s were signed`}`,
  code: 0x160,
  asks: ({ handle, nonceTpm }) => {
    const statement = Buffer.concat([nonceTpm, bytes(word(said)), bytes(REFERENCE)]);
    const { r, s } = signatureOf(statement);
    return {
      code: 0x160,
      handles: [KEY, handle],
      parameters: `${sized(nonceTpm)}0000${sized(REFERENCE)}${word(expiration)}0018000b${sized(r)}${sized(s)}`,
    };
  },
  adds: (policy) => asserted(policy, 0x160, KEY_NAME, REFERENCE),
});

const ZERO = '00'.repeat(32);
/** A policy as the steps make it, one after the other. */
const policyOf = (steps: readonly Step[]): string => steps.reduce((policy, { adds }) => adds(policy), ZERO);

interface Case {
  readonly when: string;
  readonly steps: readonly Step[];
  /** The policy of the index, when it is not that of the steps. */
  readonly policy?: string;
  readonly attributes?: number;
  readonly type?: 'policy' | 'trial';
  readonly use?: Use;
  /** What happens between the last step and the reading. */
  readonly meanwhile?: (board: Board) => Promise<void>;
  /** Response codes of the last step and of the reading. */
  readonly answers: readonly [last: string, read: string];
}
const BY_VALUE: Use = { auth: AUTH, proves: 'hmac' };
const BY_PASSWORD: Use = { auth: AUTH, proves: 'password' };
const spoils = (mac: Buffer): Buffer => Buffer.from(mac.map((byte) => byte ^ 0x80));
const later = (time: number) => async (board: Board) => {
  await board.clock.sleep(seconds(time));
};

/** Codes of session 1: TPM_RC_POLICY_FAIL 99d, _POLICY_CC 9a4, _EXPIRED 9a3, _BAD_AUTH 9a2. [TPM2 Part 2, 6.6.3] */
const CASES: readonly Case[] = [
  { when: 'no step, and a policy of zeros', steps: [], answers: ['000', '000'] },
  { when: 'no step, and another policy', steps: [], policy: '11'.repeat(32), answers: ['000', '99d'] },
  { when: 'a trial session', steps: [], type: 'trial', answers: ['000', '982'] },
  {
    when: 'an index that has no policy',
    steps: [],
    policy: '',
    attributes: 0x020c_0004,
    answers: ['000', '12f'],
  },
  {
    when: 'an index that is read by its value alone',
    steps: [],
    attributes: 0x0204_0004,
    answers: ['000', '12f'],
  },
  { when: 'the value, proven', steps: [AUTH_VALUE], use: BY_VALUE, answers: ['000', '000'] },
  {
    when: 'the value, not proven',
    steps: [AUTH_VALUE],
    use: { ...BY_VALUE, spoils },
    answers: ['000', '9a2'],
  },
  { when: 'the value in the plain', steps: [PASSWORD], use: BY_PASSWORD, answers: ['000', '000'] },
  {
    when: 'a wrong value in the plain',
    steps: [PASSWORD],
    use: { ...BY_PASSWORD, spoils },
    answers: ['000', '9a2'],
  },
  {
    when: 'PolicyPassword takes back PolicyAuthValue',
    steps: [AUTH_VALUE, PASSWORD],
    use: BY_PASSWORD,
    answers: ['000', '000'],
  },
  {
    when: 'PolicyAuthValue takes back PolicyPassword',
    steps: [PASSWORD, AUTH_VALUE],
    use: BY_VALUE,
    answers: ['000', '000'],
  },
  { when: 'the command that it is for', steps: [commandCode(0x14e)], answers: ['000', '000'] },
  { when: 'the command of another policy', steps: [commandCode(0x137)], answers: ['000', '9a4'] },
  {
    when: 'the same command twice',
    steps: [commandCode(0x14e), commandCode(0x14e)],
    answers: ['000', '000'],
  },
  { when: 'two commands', steps: [commandCode(0x14e), commandCode(0x137)], answers: ['084', '99d'] },
  { when: 'locality 0', steps: [locality('01')], answers: ['000', '000'] },
  { when: 'localities 0 and 1, then 0', steps: [locality('03'), locality('01')], answers: ['000', '000'] },
  { when: 'locality 1', steps: [locality('02')], answers: ['000', '907'] },
  { when: 'no locality that is left', steps: [locality('02'), locality('01')], answers: ['08d', '99d'] },
  { when: 'an index that was written', steps: [written('01')], answers: ['000', '000'] },
  { when: 'an index that was not', steps: [written('00')], answers: ['000', '99d'] },
  { when: 'both of an index', steps: [written('01'), written('00')], answers: ['084', '99d'] },
  {
    when: 'a digest of another command',
    steps: [cpHash('nothing', '22'.repeat(32))],
    answers: ['000', '99d'],
  },
  {
    when: 'two digests of a command',
    steps: [cpHash('one', '22'.repeat(32)), cpHash('another', '33'.repeat(32))],
    answers: ['151', '99d'],
  },
  { when: 'a digest of the wrong size', steps: [cpHash('less', '22'.repeat(31))], answers: ['095', '99d'] },
  { when: 'a secret, for ever', steps: [secret(0)], answers: ['000', '000'] },
  { when: 'a secret, in time', steps: [secret(20)], meanwhile: later(15), answers: ['000', '000'] },
  { when: 'a secret, too late', steps: [secret(20)], meanwhile: later(25), answers: ['000', '9a3'] },
  {
    when: 'a secret, too late for the tighter of two',
    steps: [secret(20), secret(100)],
    meanwhile: later(25),
    answers: ['000', '9a3'],
  },
  {
    when: 'a secret with a ticket, too late',
    steps: [secret(-20)],
    meanwhile: later(25),
    answers: ['000', '9a3'],
  },
  { when: 'a signature, for ever', steps: [signed(0)], answers: ['000', '000'] },
  { when: 'a signature, in time', steps: [signed(20)], meanwhile: later(15), answers: ['000', '000'] },
  { when: 'a signature, too late', steps: [signed(20)], meanwhile: later(25), answers: ['000', '9a3'] },
  { when: 'a signature of something else', steps: [signed(20, 21)], answers: ['09b', '99d'] },
  {
    when: 'several steps',
    steps: [locality('01'), secret(0), written('01'), commandCode(0x14e), AUTH_VALUE],
    use: BY_VALUE,
    answers: ['000', '000'],
  },
];

/** What every test here asks for beside the steps of its policy. */
const COMMANDS = [0x122, 0x12a, 0x137, 0x14e, 0x165, 0x167, 0x176, 0x189];

/** Takes the steps of a policy. Returns the code of the last one, and what PolicyGetDigest says. */
async function take(driver: HostDriver, steps: readonly Step[], session: Session): Promise<[string, string]> {
  let last = '000';
  for (const { asks, area } of steps) last = (await send(driver, asks(session), area)).code;
  const { rest } = await send(driver, { code: 0x189, handles: [session.handle] });
  return [last, rest.toString('hex')];
}

/** One test for each case. */
function each(cases: readonly Case[]): void {
  for (const {
    when,
    steps,
    policy = policyOf(steps),
    attributes,
    type = 'policy',
    use,
    meanwhile,
    answers,
  } of cases)
    test(
      `${when}: the steps answer ${answers[0]}, and the index that is read with them answers ${answers[1]}`,
      { annotation: source('TPM2 Part 1, 19.7', 'TPM2 Part 3, 23') },
      async ({ driver, rig, board, step: act }) => {
        await needsCommands(driver, [...COMMANDS, ...steps.map(({ code }) => code)], rig);
        const index = indexWith(policy, attributes);
        const session = new Session(driver, { type });
        const seen = await act('1. define an index with the policy, and write it', async () => [
          await define(driver, index),
          (await send(driver, writeOf(index, TEXT, false), `40000009 0000 00 ${sized(AUTH)}`)).code,
          (await send(driver, { code: 0x167, parameters: `0000${sized(eccArea(SIGNS))}40000007` })).code,
          await session.begin(),
        ]);
        expect(seen).toEqual(['000', '000', '000', '000']);
        const [last, digested] = await act(`2. take ${steps.length} steps`, () =>
          take(driver, steps, session),
        );
        const isTaken = last === '000';
        expect(last).toBe(answers[0]);
        expect(digested).toBe(sized(policyOf(isTaken ? steps : steps.slice(0, -1))));
        await meanwhile?.(board);
        const held = await act('3. read the index', () =>
          session.use(readOf(index), { attributes: GOES_ON, ...use }),
        );
        expect(`${held.code} ${held.parameters}`).toBe(
          `${answers[1]} ${answers[1] === '000' ? sized(TEXT) : ''}`,
        );
        if (answers[1] === '000') expect(held.isProven).toBe(true);
        const ends = await act('4. remove what was made', async () => [
          await flush(driver, session.handle),
          await flush(driver, KEY),
          await undefine(driver, index),
        ]);
        expect(ends).toEqual(['000', '000', '000']);
      },
    );
}

test.describe('authorization by a policy', () => {
  test.use({ about: 'chip' });
  each(CASES.filter(({ meanwhile }) => meanwhile === undefined));

  test.describe('and time', () => {
    test.use({ needs: ['tpm-clock'] });
    each(CASES.filter(({ meanwhile }) => meanwhile !== undefined));
  });
});
