import { createHash } from 'node:crypto';
import { hex } from './fields.ts';
import type { Side } from './side.ts';
import { frame, handleBytes, passwords } from './side.ts';

const OWNER = 0x40000001;
const PLATFORM = 0x4000000c;
const NULL = 0x40000007;

const AES = '0006 0080 0043';
const ZEROS = '00'.repeat(32);
/** The policy of a key that only Duplicate may use: PolicyCommandCode of it. */
const DUPLICATE_POLICY = createHash('sha256')
  .update(hex(`${ZEROS} 0000016c 0000014b`))
  .digest('hex');
/** The policy of an index that only NV_UndefineSpaceSpecial may delete. */
const DELETE_POLICY = createHash('sha256')
  .update(hex(`${ZEROS} 0000016c 0000011f`))
  .digest('hex');

const size = (bytes: string): string => (bytes.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0');
const sized = (bytes: string): string => `${size(bytes)} ${bytes}`;

const rsa = (attributes: string, rest: string, bits = '0400', policy = ''): string =>
  `0001 000b ${attributes} ${sized(policy)} ${rest} ${bits} 00000000 0000`;
const ecc = (attributes: string, rest: string, policy = ''): string =>
  `0023 000b ${attributes} ${sized(policy)} ${rest} 0003 0010 0000 0000`;

interface Template {
  readonly area: string;
  readonly hierarchy?: number;
  readonly auth?: string;
  readonly data?: string;
}

/** Public areas of the keys that cases use, each a primary key. */
export const TEMPLATES: Readonly<Record<string, Template>> = {
  rsaStorage: { area: rsa('00030472', `${AES} 0010`, '0800') },
  eccStorage: { area: ecc('00030472', `${AES} 0010`) },
  rsaSign: { area: rsa('00040472', '0010 0014 000b') },
  rsaPss: { area: rsa('00040472', '0010 0016 000b') },
  rsaOpen: { area: rsa('00060472', '0010 0010', '0800') },
  rsaOaep: { area: rsa('00020472', '0010 0017 000b') },
  rsaEs: { area: rsa('00020472', '0010 0015') },
  rsaAik: { area: rsa('00050472', '0010 0014 000b') },
  eccSign: { area: ecc('00040472', '0010 0018 000b') },
  eccOpen: { area: ecc('00060472', '0010 0010') },
  ecdh: { area: ecc('00020472', '0010 0019 000b') },
  eccAik: { area: ecc('00050472', '0010 0018 000b') },
  hmacKey: { area: '0008 000b 00040472 0000 0005 000b 0000' },
  hmacOpen: { area: '0008 000b 00060472 0000 0010 0000' },
  hmacRestricted: { area: '0008 000b 00050472 0000 0005 000b 0000' },
  sealed: { area: '0008 000b 00000452 0000 0010 0000', data: '736563726574' },
  cipher: { area: `0025 000b 00020472 0000 ${AES} 0000` },
  withPolicy: { area: ecc('000404b2', '0010 0018 000b', ZEROS) },
  withAuth: { area: ecc('00040472', '0010 0018 000b'), auth: 'aabb' },
  protected: { area: ecc('00040072', '0010 0018 000b'), auth: 'aabb' },
  toDuplicate: { area: ecc('00040460', '0010 0018 000b', DUPLICATE_POLICY) },
  sealedWithPolicy: { area: `0008 000b 00000412 ${sized(ZEROS)} 0010 0000`, data: '736563726574' },
  platformKey: { area: ecc('00040472', '0010 0018 000b'), hierarchy: PLATFORM },
  nullKey: { area: ecc('00040472', '0010 0018 000b'), hierarchy: NULL },
};

/** NV indexes of the cases: attributes, size, policy, authorization, and what is done with each. */
interface Index {
  readonly attributes: number;
  readonly size: number;
  readonly policy?: string;
  readonly auth?: string;
  readonly then?: 'write' | 'increment' | 'setBits' | 'extend' | 'lock';
}
const INDEXES: Readonly<Record<number, Index>> = {
  0x01800001: { attributes: 0x02060006, size: 16, then: 'write' },
  0x01800002: { attributes: 0x02060006, size: 16 },
  0x01800003: { attributes: 0x02060016, size: 8, then: 'increment' },
  0x01800004: { attributes: 0x02060026, size: 8, then: 'setBits' },
  0x01800005: { attributes: 0x02060046, size: 32, then: 'extend' },
  0x01800006: { attributes: 0x42010001, size: 16, then: 'write' },
  0x01800007: { attributes: 0x82064006, size: 16, then: 'write' },
  0x01800008: { attributes: 0x42010401, size: 16, policy: DELETE_POLICY, then: 'write' },
  0x01800009: { attributes: 0x02061006, size: 16 },
  0x0180000a: { attributes: 0x02062006, size: 16, then: 'lock' },
  0x0180000b: { attributes: 0x00040004, size: 16, auth: 'aabb' },
  0x0180000c: { attributes: 0x02080008, size: 16, policy: ZEROS },
};

const PERSISTENT = 0x81000001;
const PLATFORM_PERSISTENT = 0x81800001;
export const CODE = {
  undefineSpecial: 0x11f,
  evictControl: 0x120,
  undefine: 0x122,
  defineSpace: 0x12a,
  createPrimary: 0x131,
  increment: 0x134,
  setBits: 0x135,
  nvExtend: 0x136,
  nvWrite: 0x137,
  nvWriteLock: 0x138,
  lockReset: 0x139,
  startup: 0x144,
  create: 0x153,
  contextLoad: 0x161,
  contextSave: 0x162,
  flush: 0x165,
  loadExternal: 0x167,
  policyCommandCode: 0x16c,
  readPublic: 0x173,
  startSession: 0x176,
  hash: 0x17d,
  hmacStart: 0x15b,
  hashStart: 0x186,
} as const;

const command = (code: number, handles: readonly number[], auths: number, parameters: string): Uint8Array =>
  frame(
    auths > 0 ? 0x8002 : 0x8001,
    code,
    Buffer.concat([handleBytes(handles), ...(auths > 0 ? [passwords(auths)] : []), hex(parameters)]),
  );

/** Startup, and everything that cases find: contexts of objects, NV indexes, persistent keys, blobs and tickets. */
export function furnish(side: Side): void {
  side.made.clear();
  side.must(command(CODE.startup, [], 0, '0000'), 'Startup');
  for (const [name, template] of Object.entries(TEMPLATES)) {
    const { area, hierarchy = OWNER, auth = '', data = '' } = template;
    const inner = `${sized(auth)} ${sized(data)}`;
    const parameters = `${sized(inner)} ${sized(area)} 0000 00000000`;
    const answer = side.must(command(CODE.createPrimary, [hierarchy], 1, parameters), name);
    // Handle, size of the parameters, public area, creation data, creation hash, ticket.
    let at = 18;
    const next = (): Buffer => {
      const count = answer.readUInt16BE(at);
      const part = answer.subarray(at + 2, at + 2 + count);
      at += 2 + count;
      return part;
    };
    side.made.set(`${name}.public`, next());
    next();
    side.made.set(`${name}.creationHash`, next());
    const begin = at;
    at += 6;
    next();
    side.made.set(`${name}.ticket`, answer.subarray(begin, at));
    side.made.set(`${name}.name`, next());
    if (name === 'eccSign')
      side.must(command(CODE.evictControl, [OWNER, 0x80000000], 1, '81000001'), 'EvictControl');
    if (name === 'platformKey')
      side.must(command(CODE.evictControl, [PLATFORM, 0x80000000], 1, '81800001'), 'EvictControl');
    save(side, name);
  }
  for (const name of ['eccSign', 'rsaSign', 'rsaStorage', 'eccOpen']) {
    const area = Buffer.from(side.made.get(`${name}.public`)!).toString('hex');
    side.must(command(CODE.loadExternal, [], 0, `0000 ${sized(area)} 40000007`), 'LoadExternal');
    save(side, `${name}.external`);
  }
  side.must(command(CODE.hashStart, [], 0, '0000 000b'), 'HashSequenceStart');
  save(side, 'hashSequence');
  side.must(command(CODE.hashStart, [], 0, '0000 0010'), 'HashSequenceStart');
  save(side, 'eventSequence');
  load(side, 'hmacKey');
  side.must(command(CODE.hmacStart, [0x80000000], 1, '0000 000b'), 'HMAC_Start');
  flush(side, 0x80000000);
  // A context of a sequence names the slot only inside.
  const blob = side.must(command(CODE.contextSave, [0x80000001], 0, ''), 'ContextSave').subarray(10);
  side.made.set('hmacSequence', blob);
  flush(side, 0x80000001);
  load(side, 'eccStorage');
  const child = `${sized('0000 0000')} ${sized(ecc('00040472', '0010 0018 000b'))} 0000 00000000`;
  const created = side.must(command(CODE.create, [0x80000000], 1, child), 'Create');
  const privateSize = created.readUInt16BE(14);
  side.made.set('child.private', created.subarray(16, 16 + privateSize));
  const publicSize = created.readUInt16BE(16 + privateSize);
  side.made.set('child.public', created.subarray(18 + privateSize, 18 + privateSize + publicSize));
  flush(side, 0x80000000);
  side.made.set('child.context', Buffer.alloc(0));
  const hashed = side.must(command(CODE.hash, [], 0, '0003 616263 000b 40000001'), 'Hash');
  side.made.set('abc.digest', hashed.subarray(12, 44));
  side.made.set('abc.ticket', hashed.subarray(44));
  furnishNv(side);
}

/** The context of the object in the first slot, which is then empty. */
function save(side: Side, name: string): void {
  const answer = side.must(command(CODE.contextSave, [0x80000000], 0, ''), `ContextSave of ${name}`);
  side.made.set(name, answer.subarray(10));
  flush(side, 0x80000000);
}

/** Loads what was saved into the next slot. */
export function load(side: Side, name: string): void {
  side.must(frame(0x8001, CODE.contextLoad, side.made.get(name)!), `ContextLoad of ${name}`);
}

export function flush(side: Side, handle: number): void {
  side.send(command(CODE.flush, [], 0, handle.toString(16).padStart(8, '0')));
}

/** Every NV index as it was at the beginning. */
export function furnishNv(side: Side): void {
  for (const [key, index] of Object.entries(INDEXES)) {
    const handle = Number(key);
    const { attributes, size: dataSize, policy = '', auth = '', then } = index;
    const isOfPlatform = (attributes & 0x40000000) !== 0;
    const by = isOfPlatform ? PLATFORM : OWNER;
    undefine(side, handle, by, (attributes & 0x400) !== 0);
    const word = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(digits, '0');
    const area = `${word(handle, 8)} 000b ${word(attributes, 8)} ${sized(policy)} ${word(dataSize, 4)}`;
    side.must(command(CODE.defineSpace, [by], 1, `${sized(auth)} ${sized(area)}`), `NV ${key}`);
    const run = (code: number, parameters: string): void => {
      side.must(command(code, [by, handle], 1, parameters), `NV ${key}`);
    };
    if (then === 'write' || then === 'lock') run(CODE.nvWrite, `0010 ${'5a'.repeat(16)} 0000`);
    if (then === 'lock') run(CODE.nvWriteLock, '');
    if (then === 'increment') run(CODE.increment, '');
    if (then === 'setBits') run(CODE.setBits, '0000000000000001');
    if (then === 'extend') run(CODE.nvExtend, '0003 616263');
  }
}

function undefine(side: Side, handle: number, by: number, isSpecial: boolean): void {
  if (!isSpecial) {
    side.send(command(CODE.undefine, [by, handle], 1, ''));
    return;
  }
  const session = startSession(side, 'policy');
  side.must(command(CODE.policyCommandCode, [session], 0, '0000011f'), 'PolicyCommandCode');
  const area = hex(`00000012 ${session.toString(16).padStart(8, '0')} 0000 01 0000 40000009 0000 00 0000`);
  const body = Buffer.concat([handleBytes([handle, PLATFORM]), area]);
  side.send(frame(0x8002, CODE.undefineSpecial, body));
  flush(side, session);
}

const TYPES = { hmac: '00', policy: '01', trial: '03', hmacAes: '00' } as const;
/** Kinds of sessions that a case may have; `hmacAes` has a cipher for its parameters. */
export type SessionKind = keyof typeof TYPES;

/** A session without key and salt; its handle. */
export function startSession(side: Side, kind: SessionKind): number {
  const cipher = kind === 'hmacAes' ? AES : '0010';
  const parameters = `0010 ${'11'.repeat(16)} 0000 ${TYPES[kind]} ${cipher} 000b`;
  return side.must(command(CODE.startSession, [NULL, NULL], 0, parameters), kind).readUInt32BE(10);
}

export { DUPLICATE_POLICY, OWNER, PLATFORM, NULL, PERSISTENT, PLATFORM_PERSISTENT };
