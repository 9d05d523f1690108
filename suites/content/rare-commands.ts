import { createHash, createHmac } from 'node:crypto';
import { HMAC, hmacArea, hmacSecret } from './known-keys.ts';
import type { Line } from './script.ts';
import { DONE, line, PASSWORD } from './script.ts';
import { bytes, SESSION_HASHES, sized } from './session-client.ts';

const OWNER = '40000001';
const NULL = '40000007';
const LOCKOUT = '4000000a';
const PLATFORM = '4000000c';
const OBJECT = '80000000';
const NEXT_OBJECT = '80000001';
const SESSION = '03000000';
const NEXT_SESSION = '03000001';
const PCR_16 = '00000010';
const INDEX = '01500026';
/** Two empty passwords. [TPM2 Part 1, 18.7] */
const TWICE = `00000012 ${PASSWORD.slice(9)}${PASSWORD.slice(9)}`;
const ABC = '616263';
const SHA256 = '000b';
const DIGEST = '11'.repeat(32);

/** Parameters of a response with one password, or two, whose size stands before them. */
const answered = (parameters: string, sessions = 1): string => {
  const text = parameters.replaceAll(' ', '');
  return `000 ${(text.length / 2).toString(16).padStart(8, '0')} ${text} ${'0000 01 0000'.repeat(sessions)}`;
};
const hashOf = (name: string, text: string): string => createHash(name).update(bytes(text)).digest('hex');
/** TPML_DIGEST_VALUES of all banks. [TPM2 Part 2, 10.9.2] */
const ABC_IN_ALL = `00000004 ${SESSION_HASHES.map(({ alg, name }) => alg + hashOf(name, ABC)).join('')}`;
const EMPTY_TICKET = `8024 ${NULL} 0000`;

const HASHING: readonly Line[] = [
  line('begin a sequence of SHA-256', 0x186, { parameters: '0000 000b' }, `000 ${OBJECT}`),
  line('add to it', 0x15c, { handles: OBJECT, sessions: PASSWORD, parameters: sized('6162') }, DONE),
  line(
    'complete it',
    0x13e,
    { handles: OBJECT, sessions: PASSWORD, parameters: `${sized('63')}${NULL}` },
    answered(`${sized(hashOf('sha256', ABC))}${EMPTY_TICKET}`),
  ),
  line('begin a sequence of a hash that is none', 0x186, { parameters: '0000 0006' }, '083'),
  line('begin a sequence of an event', 0x186, { parameters: '0000 0010' }, `000 ${OBJECT}`),
  line(
    'complete an event as a hash',
    0x13e,
    { handles: OBJECT, sessions: PASSWORD, parameters: `${sized('')}${NULL}` },
    '089/189',
  ),
  line(
    'complete the event',
    0x185,
    { handles: PCR_16 + OBJECT, sessions: TWICE, parameters: sized(ABC) },
    answered(ABC_IN_ALL, 2),
  ),
  line(
    'extend a PCR by an event',
    0x13c,
    { handles: PCR_16, sessions: PASSWORD, parameters: sized(ABC) },
    answered(ABC_IN_ALL),
  ),
  line(
    'extend no PCR',
    0x13c,
    { handles: NULL, sessions: PASSWORD, parameters: sized(ABC) },
    answered(ABC_IN_ALL),
  ),
  line('load a key', 0x167, { parameters: `${sized(hmacSecret)}${sized(hmacArea)}${NULL}` }, '000'),
  line('begin an HMAC', 0x15b, { handles: OBJECT, sessions: PASSWORD, parameters: '0000 0010' }, '000'),
  line(
    'begin an HMAC of another hash',
    0x15b,
    { handles: OBJECT, sessions: PASSWORD, parameters: '0000 0004' },
    '084',
  ),
  line('add to it', 0x15c, { handles: NEXT_OBJECT, sessions: PASSWORD, parameters: sized(ABC) }, DONE),
  line(
    'complete it',
    0x13e,
    { handles: NEXT_OBJECT, sessions: PASSWORD, parameters: `${sized('')}${NULL}` },
    answered(`${sized(createHmac('sha256', bytes(HMAC.key)).update('abc').digest())}${EMPTY_TICKET}`),
  ),
  line('flush the key', 0x165, { parameters: OBJECT }, '000'),
];

const SELF: readonly Line[] = [
  line('test all', 0x143, { parameters: '01' }, '000'),
  line('test what was not tested', 0x143, { parameters: '00' }, '000'),
  line('test neither', 0x143, { parameters: '02' }, '084'),
  line('ask for the result', 0x17c, {}, '000'),
  line('test two algorithms', 0x142, { parameters: '00000002 0004 000b' }, '000'),
  line('test none', 0x142, { parameters: '00000000' }, '000'),
  line('test what is none', 0x142, { parameters: '00000001 7fff' }, '084'),
  line('test parameters of HMAC', 0x18a, { parameters: '0008 0005 000b' }, '000'),
  line('test parameters of a curve', 0x18a, { parameters: '0023 0010 0010 0003 0010' }, '000'),
  line('test parameters of RSA', 0x18a, { parameters: '0001 0010 0010 0800 00000000' }, '000'),
  line('test parameters of no curve', 0x18a, { parameters: '0023 0010 0010 0077 0010' }, '0a6'),
];

const property = (does: string, capability: number, from: string, count = '000000ff'): Line =>
  line(does, 0x17a, { parameters: `0000000${capability} ${from} ${count}` }, '000');

const LISTS: readonly Line[] = [
  property('list algorithms', 0, '00000001'),
  property('list algorithms from SHA-256', 0, '0000000b', '00000003'),
  ...['00', '01', '02', '03', '40', '80', '81'].map((type) =>
    property(`list handles of type ${type}`, 1, `${type}000000`),
  ),
  property('list one handle', 1, '40000000', '00000001'),
  property('list commands', 2, '00000000'),
  property('list one command from the middle', 2, '00000150', '00000001'),
  property('list commands that need somebody present', 3, '00000000'),
  property('list commands that are audited', 4, '00000000'),
  property('list banks', 5, '00000000', '00000001'),
  property('list no bank', 5, '00000000', '00000000'),
  property('list fixed properties', 6, '00000100'),
  property('list properties that change', 6, '00000200'),
  property('list one property', 6, '00000105', '00000001'),
  ...['00000000', '00000001', '00000010', '00000013'].map((from) =>
    property(`list properties of PCRs from ${from}`, 7, from),
  ),
  property('list curves', 8, '00000000'),
  property('list curves from P-384', 8, '00000004', '00000001'),
  line('list what there is none of', 0x17a, { parameters: '00000009 00000000 00000001' }, '084'),
];

const CLOCK: readonly Line[] = [
  line(
    'set the clock ahead',
    0x128,
    { handles: OWNER, sessions: PASSWORD, parameters: '0000000010000000' },
    DONE,
  ),
  line('set it back', 0x128, { handles: OWNER, sessions: PASSWORD, parameters: '000000000fffffff' }, '084'),
  line(
    'set it beyond its end',
    0x128,
    { handles: OWNER, sessions: PASSWORD, parameters: 'ffff000000000001' },
    '084',
  ),
  line('read it', 0x181, {}, '000'),
  line('let it run faster', 0x130, { handles: OWNER, sessions: PASSWORD, parameters: '03' }, DONE),
  line('let it run slower', 0x130, { handles: OWNER, sessions: PASSWORD, parameters: 'fd' }, DONE),
  line('let it run far too fast', 0x130, { handles: OWNER, sessions: PASSWORD, parameters: '04' }, '084'),
];

const begin = (does: string, type: '01' | '03', nonce = 'a5'): Line =>
  line(
    does,
    0x176,
    { handles: NULL + NULL, parameters: `0010 ${nonce.repeat(16)} 0000 ${type} 0010 ${SHA256}` },
    '000',
  );
const flush = (what: string, handle: string): Line =>
  line(`flush ${what}`, 0x165, { parameters: handle }, '000');
const NAME = `0022 ${SHA256}${DIGEST}`;

/** PolicySecret says until when it holds, and a ticket; PolicyTicket takes both for another session. [TPM2 Part 3, 23.4, 23.5] */
function ticketOf(before: string): string {
  const timeout = before.slice(8, 8 + 4 + 2 * Number.parseInt(before.slice(8, 12), 16));
  const ticket = before.slice(8 + timeout.length);
  const size = Number.parseInt(ticket.slice(12, 16), 16);
  return `${timeout}0000 ${sized('abcd')}${sized(OWNER)}${ticket.slice(0, 16 + 2 * size)}`;
}

const POLICIES: readonly Line[] = [
  begin('begin a policy', '01'),
  line(
    'compare the clock',
    0x16d,
    { handles: SESSION, parameters: '0008 0000000000000000 0000 0007' },
    '000',
  ),
  line(
    'compare it with a time to come',
    0x16d,
    { handles: SESSION, parameters: '0008 00ffffffffffffff 0008 0003' },
    '126',
  ),
  line(
    'compare beyond its end',
    0x16d,
    { handles: SESSION, parameters: '0008 0000000000000000 0012 0007' },
    '08d',
  ),
  line('ask for the digest', 0x189, { handles: SESSION }, '000'),
  line('begin again', 0x180, { handles: SESSION }, '000'),
  line('limit it to a duplication', 0x188, { handles: SESSION, parameters: `${NAME}${NAME}01` }, '000'),
  line('limit it once more', 0x188, { handles: SESSION, parameters: `${NAME}${NAME}00` }, '151'),
  line('ask for the digest', 0x189, { handles: SESSION }, '000'),
  line('begin again', 0x180, { handles: SESSION }, '000'),
  line('limit it to a new parent', 0x188, { handles: SESSION, parameters: `${NAME}${NAME}00` }, '000'),
  line('ask for the digest', 0x189, { handles: SESSION }, '000'),
  line('begin again', 0x180, { handles: SESSION }, '000'),
  line(
    'let nobody change it',
    0x16a,
    { handles: SESSION, parameters: `${sized('00'.repeat(32))}${sized('abcd')}${NAME}8022 ${NULL} 0000` },
    '084',
  ),
  flush('the session', SESSION),
  begin('begin a trial', '03'),
  line(
    'compare the clock in a trial',
    0x16d,
    { handles: SESSION, parameters: '0008 00ffffffffffffff 0000 0003' },
    '000',
  ),
  line(
    'let a signer change it',
    0x16a,
    { handles: SESSION, parameters: `${sized(DIGEST)}${sized('abcd')}${NAME}8022 ${NULL} 0000` },
    '000',
  ),
  line('ask for the digest', 0x189, { handles: SESSION }, '000'),
  flush('the session', SESSION),
  begin('begin a policy', '01'),
  begin('begin another one', '01', '5a'),
  line(
    'prove that the owner is there',
    0x151,
    { handles: OWNER + SESSION, sessions: PASSWORD, parameters: `0000 0000 ${sized('abcd')} ffffff9c` },
    '000',
  ),
  line(
    'prove it in the other one by the ticket',
    0x172,
    { handles: NEXT_SESSION, parameters: ticketOf },
    '000',
  ),
  line('ask for the digest', 0x189, { handles: NEXT_SESSION }, '000'),
  flush('one session', SESSION),
  flush('the other one', NEXT_SESSION),
];

/** Templates of keys that the TPM draws: an area without what is unique. [TPM2 Part 2, 12.2.4] */
const RSA_DECRYPTS = `0001 ${SHA256} 00020072 0000 0010 0010 0400 00000000 0000`;
const RSA_SIGNS = `0001 ${SHA256} 00040072 0000 0010 0010 0400 00000000 0000`;
const AES = `0025 ${SHA256} 00020072 0000 0006 0080 0043 0000`;
const STORES = `0023 ${SHA256} 00030072 0000 0006 0080 0043 0010 0003 0010 0000 0000`;
const draw = (does: string, area: string, hierarchy = OWNER): Line =>
  line(
    does,
    0x131,
    { handles: hierarchy, sessions: PASSWORD, parameters: `0004 0000 0000 ${sized(area)} 0000 00000000` },
    '000',
  );
/** What a response without sessions begins with: a size, and as many bytes. */
const bareDataOf = (before: string): string =>
  before.slice(0, 4 + 2 * Number.parseInt(before.slice(0, 4), 16));

const KEYS: readonly Line[] = [
  ...['0003', '0004', '0010'].map((curve) =>
    line(`ask for curve ${curve}`, 0x178, { parameters: curve }, '000'),
  ),
  line('ask for no curve', 0x178, { parameters: '0077' }, '0a6'),
  draw('draw an RSA key to decrypt', RSA_DECRYPTS),
  line(
    'encrypt with OAEP',
    0x174,
    { handles: OBJECT, parameters: `${sized(ABC)} 0017 ${SHA256} ${sized('6c00')}` },
    '000',
  ),
  line(
    'decrypt it',
    0x159,
    {
      handles: OBJECT,
      sessions: PASSWORD,
      parameters: (before) => `${bareDataOf(before)} 0017 ${SHA256} ${sized('6c00')}`,
    },
    answered(sized(ABC)),
  ),
  line(
    'encrypt with OAEP and a label without an end',
    0x174,
    { handles: OBJECT, parameters: `${sized(ABC)} 0017 ${SHA256} ${sized('6c')}` },
    '084',
  ),
  line(
    'encrypt too much',
    0x174,
    { handles: OBJECT, parameters: `${sized('77'.repeat(63))} 0017 ${SHA256} 0000` },
    '084',
  ),
  flush('the key', OBJECT),
  draw('draw an RSA key to sign', RSA_SIGNS),
  line(
    'sign with PSS',
    0x15d,
    { handles: OBJECT, sessions: PASSWORD, parameters: `${sized(DIGEST)} 0016 ${SHA256} ${EMPTY_TICKET}` },
    '000',
  ),
  line(
    'verify the signature',
    0x177,
    {
      handles: OBJECT,
      // Scheme and hash stand before the signature.
      parameters: (before) =>
        `${sized(DIGEST)}${before.slice(8, 16)}${before.slice(16, 20 + 2 * Number.parseInt(before.slice(16, 20), 16))}`,
    },
    '000',
  ),
  flush('the key', OBJECT),
  draw('draw a key of AES', AES),
  flush('the key', OBJECT),
  draw('draw a key that stores', STORES),
  line(
    'create an RSA key below it',
    0x153,
    {
      handles: OBJECT,
      sessions: PASSWORD,
      parameters: `0004 0000 0000 ${sized(RSA_SIGNS)} 0000 00000000`,
    },
    '000',
  ),
  line('make a secret for it', 0x163, { handles: OBJECT }, '09c'),
  flush('the key', OBJECT),
];

const HIERARCHIES: readonly Line[] = [
  line(
    'set a policy',
    0x12e,
    { handles: OWNER, sessions: PASSWORD, parameters: `${sized(DIGEST)} ${SHA256}` },
    DONE,
  ),
  line(
    'set one that does not fit its hash',
    0x12e,
    { handles: OWNER, sessions: PASSWORD, parameters: `${sized(DIGEST)} 0004` },
    '095',
  ),
  line('take it back', 0x12e, { handles: OWNER, sessions: PASSWORD, parameters: '0000 0010' }, DONE),
  line(
    'state how often a value may be wrong',
    0x13a,
    { handles: LOCKOUT, sessions: PASSWORD, parameters: '00000020 00001c20 00015180' },
    DONE,
  ),
  line('let wrong values be forgotten', 0x139, { handles: LOCKOUT, sessions: PASSWORD }, DONE),
  line(
    'allocate as it is, as a platform that is locked',
    0x12b,
    { handles: PLATFORM, sessions: PASSWORD, parameters: '00000001 000b 03 ffffff' },
    '000',
  ),
];

const STORE: readonly Line[] = [
  line(
    'define an index that can be locked',
    0x12a,
    { handles: OWNER, sessions: PASSWORD, parameters: `0000 000e ${INDEX} ${SHA256} 82064006 0000 0008` },
    '000',
  ),
  line(
    'write it',
    0x137,
    { handles: OWNER + INDEX, sessions: PASSWORD, parameters: `${sized('0102030405060708')} 0000` },
    DONE,
  ),
  line('lock it for reading', 0x14f, { handles: OWNER + INDEX, sessions: PASSWORD }, DONE),
  line('read it', 0x14e, { handles: OWNER + INDEX, sessions: PASSWORD, parameters: '0008 0000' }, '148'),
  line('lock it for writing', 0x138, { handles: OWNER + INDEX, sessions: PASSWORD }, DONE),
  line(
    'write it again',
    0x137,
    { handles: OWNER + INDEX, sessions: PASSWORD, parameters: `${sized('11')} 0000` },
    '148',
  ),
  line('read what it is', 0x169, { handles: INDEX }, '000'),
  line('undefine it', 0x122, { handles: OWNER + INDEX, sessions: PASSWORD }, DONE),
];

/** Scripts of commands that no host of a Chromebook sends in a day, by what they are about. */
export const RARE: Readonly<Record<string, readonly Line[]>> = {
  'sequences and events': HASHING,
  'self tests': SELF,
  'lists of capabilities': LISTS,
  'setting the clock': CLOCK,
  'rare policies': POLICIES,
  'keys that the TPM draws': KEYS,
  hierarchies: HIERARCHIES,
  'an index that is locked': STORE,
};
