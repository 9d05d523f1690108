import { BASES } from './bases.ts';
import type { Field, Made } from './fields.ts';
import { bytesOf, hex, wrongs } from './fields.ts';
import { frame, handleBytes, passwords } from './side.ts';
import type { Base } from './shapes.ts';
import type { SessionKind } from './world.ts';

/** One command for both sides, and what has to be there before it. */
export interface Case {
  readonly command: string;
  readonly code: number;
  /** What is wrong with it, as a kind: equal for equal mistakes. */
  readonly kind: string;
  readonly what: string;
  readonly loads: readonly string[];
  readonly sessions: readonly SessionKind[];
  bytes(made: Made): Uint8Array;
}

/** Handles of every kind: loaded or not, in range or not. */
const HANDLES = [
  0x00000000, 0x00000010, 0x00000017, 0x00000018, 0x01800001, 0x01800002, 0x01800006, 0x0180000b, 0x01999999,
  0x013fff00, 0x013fffff, 0x02000000, 0x02000001, 0x02000040, 0x03000000, 0x03000001, 0x03000040, 0x40000000,
  0x40000001, 0x40000007, 0x40000009, 0x4000000a, 0x4000000b, 0x4000000c, 0x4000000d, 0x40000010, 0x40000110,
  0x80000000, 0x80000001, 0x80000002, 0x80000003, 0x80ffffff, 0x81000001, 0x81000002, 0x81800001, 0x82000000,
  0x90000000, 0xffffffff,
];

interface Parts {
  readonly tag?: number;
  readonly handles?: readonly number[];
  readonly area?: Uint8Array | undefined;
  readonly fields?: readonly Field[];
  readonly sessions?: readonly SessionKind[];
  /** What is done with the body at last. */
  readonly cut?: (body: Uint8Array) => Uint8Array;
  readonly off?: number;
}

function caseOf(base: Base, kind: string, what: string, parts: Parts = {}): Case {
  const area = 'area' in parts ? parts.area : base.auths > 0 ? passwords(base.auths) : undefined;
  const { tag = area === undefined ? 0x8001 : 0x8002, handles = base.handles, fields = base.fields } = parts;
  const { cut = (body: Uint8Array) => body, off = 0, sessions = base.sessions } = parts;
  return {
    command: base.name,
    code: base.code,
    kind,
    what,
    loads: base.loads,
    sessions,
    bytes: (made) => {
      const body = [handleBytes(handles), ...(area === undefined ? [] : [area]), bytesOf(fields, made)];
      return frame(tag, base.code, cut(Buffer.concat(body)), off);
    },
  };
}

/** What the first authorization, or one too many, may be instead of an empty password. */
const SESSIONS: readonly (readonly [kind: string, session: string, needed?: readonly SessionKind[]])[] = [
  ['wrong password', '40000009 0000 00 0001 61'],
  ['password of zeros', '40000009 0000 00 0002 0000'],
  ['password of 64 bytes', `40000009 0000 00 0040 ${'61'.repeat(64)}`],
  ['password of 65 bytes', `40000009 0000 00 0041 ${'61'.repeat(65)}`],
  ['password that continues', '40000009 0000 01 0000'],
  ['password with nonce', '40000009 0001 61 00 0000'],
  ['password that audits', '40000009 0000 80 0000'],
  ['password that decrypts', '40000009 0000 20 0000'],
  ['password with reserved bits', '40000009 0000 08 0000'],
  ['session that is not there', '02000002 0000 01 0000'],
  ['policy that is not there', '03000002 0000 01 0000'],
  ['session beyond the last', '02000040 0000 01 0000'],
  ['object as session', '80000000 0000 01 0000'],
  ['owner as session', '40000001 0000 01 0000'],
  ['null as session', '40000007 0000 01 0000'],
  ['hmac', 'HHHHHHHH 0000 01 0000', ['hmac']],
  ['hmac with nonce', `HHHHHHHH 0010 ${'22'.repeat(16)} 01 0000`, ['hmac']],
  ['hmac with long nonce', `HHHHHHHH 0040 ${'22'.repeat(64)} 01 0000`, ['hmac']],
  ['hmac with too long nonce', `HHHHHHHH 0041 ${'22'.repeat(65)} 01 0000`, ['hmac']],
  ['hmac with wrong hmac', `HHHHHHHH 0000 01 0020 ${'33'.repeat(32)}`, ['hmac']],
  ['hmac that audits', 'HHHHHHHH 0000 81 0000', ['hmac']],
  ['hmac that resets the audit', 'HHHHHHHH 0000 85 0000', ['hmac']],
  ['hmac that audits alone', 'HHHHHHHH 0000 83 0000', ['hmac']],
  ['hmac with audit bits only', 'HHHHHHHH 0000 07 0000', ['hmac']],
  ['hmac that decrypts', 'HHHHHHHH 0000 21 0000', ['hmac']],
  ['hmac that encrypts', 'HHHHHHHH 0000 41 0000', ['hmac']],
  ['cipher that decrypts', 'HHHHHHHH 0000 21 0000', ['hmacAes']],
  ['cipher that encrypts', 'HHHHHHHH 0000 41 0000', ['hmacAes']],
  ['policy', 'PPPPPPPP 0000 01 0000', ['policy']],
  ['policy that audits', 'PPPPPPPP 0000 81 0000', ['policy']],
  ['trial', 'PPPPPPPP 0000 01 0000', ['trial']],
];

function sessionCases(base: Base): Case[] {
  const { auths } = base;
  const first = base.sessions.length.toString(16).padStart(6, '0');
  const named = (text: string): string =>
    text.replace('HHHHHHHH', `02${first}`).replace('PPPPPPPP', `03${first}`);
  const area = (sessions: readonly string[]): Uint8Array => passwords(0, ...sessions);
  const password = '40000009 0000 00 0000';
  const whole = passwords(auths);
  const sized = (by: number): Uint8Array => {
    const copy = Buffer.from(auths > 0 ? whole : passwords(1));
    copy.writeUInt32BE((copy.readUInt32BE(0) + by) >>> 0, 0);
    return copy;
  };
  const one = (kind: string, parts: Parts): Case => caseOf(base, kind, kind, parts);
  const cases = [
    one('no sessions', { area: undefined }),
    one('tag of sessions alone', { tag: 0x8002, area: undefined }),
    one('tag of no sessions, with sessions', { tag: 0x8001, area: passwords(Math.max(1, auths)) }),
    one('one password less', { area: passwords(Math.max(0, auths - 1)) }),
    one('one password more', { area: passwords(auths + 1) }),
    one('four sessions', { area: passwords(4) }),
    one('area one longer', { tag: 0x8002, area: sized(1) }),
    one('area one shorter', { tag: 0x8002, area: sized(-1) }),
    one('area of 0', { tag: 0x8002, area: hex('00000000') }),
    one('area of 8', { tag: 0x8002, area: hex('00000008 40000009 0000 00 00') }),
    one('area of ffffffff', { tag: 0x8002, area: hex('ffffffff 40000009 0000 00 0000') }),
    one('area size cut', { tag: 0x8002, area: hex('0000'), fields: [] }),
  ];
  for (const [kind, text, needed = []] of SESSIONS) {
    const session = named(text);
    const sessions = [...base.sessions, ...needed];
    const others = Array.from({ length: Math.max(0, auths - 1) }, () => password);
    if (auths > 0) cases.push(one(`first: ${kind}`, { area: area([session, ...others]), sessions }));
    const all = Array.from({ length: auths }, () => password);
    cases.push(one(`extra: ${kind}`, { area: area([...all, session]), sessions }));
  }
  const twice = named('HHHHHHHH 0000 01 0000');
  cases.push(
    one('the same session twice', { area: area([twice, twice]), sessions: [...base.sessions, 'hmac'] }),
  );
  return cases;
}

function handleCases(base: Base): Case[] {
  return base.handles.flatMap((own, at) =>
    HANDLES.filter((other) => other !== own).map((other) =>
      caseOf(base, `handle ${at}`, `handle ${at} = ${other.toString(16)}`, {
        handles: base.handles.map((each, index) => (index === at ? other : each)),
      }),
    ),
  );
}

function shapeCases(base: Base): Case[] {
  const head = 4 * base.handles.length;
  const cutTo = (what: string, to: (length: number) => number): Case =>
    caseOf(base, 'cut short', what, { cut: (body) => body.subarray(0, Math.max(0, to(body.length))) });
  const cases = [
    caseOf(base, 'one byte behind', 'one byte behind', { cut: (body) => Buffer.concat([body, hex('00')]) }),
    caseOf(base, 'four bytes behind', 'four behind', {
      cut: (body) => Buffer.concat([body, hex('00000000')]),
    }),
    caseOf(base, 'size + 1', 'size + 1', { off: 1 }),
    caseOf(base, 'size - 1', 'size - 1', { off: -1 }),
    caseOf(base, 'wrong tag', 'tag 0', { tag: 0 }),
    caseOf(base, 'wrong tag', 'tag 8003', { tag: 0x8003 }),
    caseOf(base, 'wrong tag', 'tag 00c1', { tag: 0x00c1 }),
  ];
  for (let at = 0; at < head; at++) cases.push(cutTo(`at ${at}`, () => at));
  const auth = base.auths > 0 ? 4 + 9 * base.auths : 0;
  for (let at = 0; at < auth; at++) cases.push(cutTo(`at ${head + at}`, () => head + at));
  for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 24, 28, 32])
    if (base.fields.length > 0)
      cases.push(cutTo(`${at} parameter bytes`, (length) => Math.min(length - 1, head + auth + at)));
  for (const less of [1, 2, 3, 4, 6, 8])
    if (base.fields.length > 0) cases.push(cutTo(`${less} less`, (length) => length - less));
  return cases;
}

/** Every command of the release: right, and wrong in each way. */
export const CASES: readonly Case[] = BASES.flatMap((base) => {
  const right = caseOf(base, base.isVariant ? 'kind of object or index' : 'right', 'right');
  if (base.isVariant) return [right];
  return [
    right,
    ...shapeCases(base),
    ...handleCases(base),
    ...sessionCases(base),
    ...wrongs(base.fields).map(({ what, fields }) => caseOf(base, 'a wrong parameter', what, { fields })),
  ];
});
