import type { Field } from './fields.ts';
import { alg, bits, box, handle, made, raw, sized, u16, u32, u64, u8 } from './fields.ts';
import type { SessionKind } from './world.ts';
import { NULL, OWNER, PLATFORM } from './world.ts';

const LOCKOUT = 0x4000000a;
const ENDORSEMENT = 0x4000000b;
/** Loaded objects by their slot. */
const A = 0x80000000;
const B = 0x80000001;
const POLICY = 0x03000000;
const HMAC = 0x02000000;
const NV = 0x01800001;

/** A command that is right, or nearly so, from which wrong ones are made. */
export interface Base {
  readonly name: string;
  readonly code: number;
  readonly handles: readonly number[];
  readonly auths: number;
  readonly fields: readonly Field[];
  /** Objects in the slots, in order. */
  readonly loads: readonly string[];
  readonly sessions: readonly SessionKind[];
  /** It shows another state of the same command: only itself and its handles are tried. */
  readonly isVariant: boolean;
}

interface Shape {
  readonly handles?: readonly number[];
  readonly auths?: number;
  readonly fields?: readonly Field[];
  readonly loads?: readonly string[];
  readonly sessions?: readonly SessionKind[];
}

const base = (name: string, code: number, shape: Shape = {}, isVariant = false): Base => ({
  name,
  code,
  handles: [],
  auths: 0,
  fields: [],
  loads: [],
  sessions: [],
  ...shape,
  isVariant,
});

/** The same command with other objects in its slots. */
const withEach = (one: Base, loads: readonly (readonly string[])[]): Base[] =>
  loads.map((each) => ({ ...one, name: `${one.name} (${each.join(', ')})`, loads: each, isVariant: true }));

const KINDS = [
  'rsaStorage', 'eccStorage', 'rsaSign', 'rsaPss', 'rsaOpen', 'rsaOaep', 'rsaEs', 'rsaAik', 'eccSign', 'eccOpen',
  'ecdh', 'eccAik', 'hmacKey', 'hmacOpen', 'hmacRestricted', 'sealed', 'cipher', 'withPolicy', 'withAuth',
  'protected', 'toDuplicate', 'sealedWithPolicy', 'platformKey', 'nullKey', 'eccSign.external', 'rsaSign.external',
  'rsaStorage.external', 'eccOpen.external', 'hashSequence', 'eventSequence', 'hmacSequence',
] as const;
const each = KINDS.map((kind) => [kind]);

const AES = [alg(6), u16(128, 0, 64, 192, 256, 512), alg(0x43)];
const NO_SCHEME = [alg(0x10)];
const ECDSA = [alg(0x18), alg(0x0b)];
const SHA256 = alg(0x0b);
const PCRS = [
  u32(1, 0, 2, 4, 5, 16, 17, 0xffffffff),
  SHA256,
  u8(3, 0, 1, 2, 4, 255),
  raw('010000'),
];
const HIERARCHY = handle(OWNER);
const YES_NO = u8(1, 0, 2, 255);
const NOTHING = sized('');
const ticket = (tag: number, name?: string): Field[] =>
  name === undefined ? [u16(tag, 0, 0x8021, 0x8022, 0x8023, 0x8024, 0x8025), handle(NULL), NOTHING] : [raw(made(name))];

const sensitive = (data = '', most = 128): Field => box(NOTHING, sized(data, most));
const eccArea = (attributes: number, scheme: readonly Field[], symmetric: readonly Field[] = NO_SCHEME): Field =>
  box(alg(0x23), SHA256, bits(attributes), NOTHING, ...symmetric, ...scheme, u16(3, 0, 1, 2, 4, 5, 0x10, 0x20), ...NO_SCHEME, sized('', 48), sized('', 48));
const rsaArea = (attributes: number, scheme: readonly Field[], symmetric: readonly Field[] = NO_SCHEME): Field =>
  box(alg(1), SHA256, bits(attributes), NOTHING, ...symmetric, ...scheme, u16(1024, 0, 512, 1536, 2048, 3072, 4096), u32(0, 1, 3, 65537, 65539), sized('', 256));
const keyedArea = (attributes: number, scheme: readonly Field[]): Field =>
  box(alg(8), SHA256, bits(attributes), NOTHING, ...scheme, NOTHING);
const cipherArea = (attributes: number): Field =>
  box(alg(0x25), SHA256, bits(attributes), NOTHING, ...AES, NOTHING);
const rest = [sized('', 66), u32(0, 1, 4, 5)];

const AREAS: readonly (readonly [string, Field, Field])[] = [
  ['ecc', sensitive(), eccArea(0x40472, ECDSA)],
  ['ecc storage', sensitive(), eccArea(0x30472, NO_SCHEME, AES)],
  ['rsa', sensitive(), rsaArea(0x40472, [alg(0x14), SHA256])],
  ['rsa storage', sensitive(), rsaArea(0x30472, NO_SCHEME, AES)],
  ['hmac', sensitive(), keyedArea(0x40472, [alg(5), SHA256])],
  ['xor', sensitive(), keyedArea(0x20472, [alg(0x0a), SHA256, alg(0x22)])],
  ['sealed', sensitive('616263'), keyedArea(0x452, NO_SCHEME)],
  ['cipher', sensitive(), cipherArea(0x20472)],
  ['derivation', sensitive(), keyedArea(0x30472, [alg(0x0a), SHA256, alg(0x22)])],
];

const nvPublic = (index: number, attributes: number, size: number): Field =>
  box(handle(index), SHA256, bits(attributes), NOTHING, u16(size, 0, 1, 7, 8, 16, 32, 33, 1024, 2048, 2049));
const nvOf = (name: string, code: number, fields: readonly Field[] = []): Base[] => {
  const one = base(name, code, { handles: [OWNER, NV], auths: 1, fields });
  const indexes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((each) => 0x01800000 + each);
  const others = [...indexes.flatMap((index) => [[OWNER, index], [index, index], [PLATFORM, index]]), [0x013fff00, 0x013fff00]];
  return [
    one,
    ...others.map((handles) => ({ ...one, name: `${name} (${handles.map((h) => h.toString(16)).join(', ')})`, handles, isVariant: true })),
  ];
};

const onPolicy = (name: string, code: number, fields: readonly Field[] = []): Base[] => [
  base(name, code, { handles: [POLICY], fields, sessions: ['policy'] }),
  base(`${name} (trial)`, code, { handles: [POLICY], fields, sessions: ['trial'] }, true),
];

const signature = (algorithm: number, ...parts: readonly Field[]): Field[] => [alg(algorithm), SHA256, ...parts];
const DIGEST = sized('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
const GX = '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296';
const GY = '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5';
const POINT = [sized(GX, 48), sized(GY, 48)];
const quoting = [sized('6162', 66), ...NO_SCHEME];
const OPEN = { scheme: [sized('6162', 66), ...ECDSA] };

/** Every command of the release, right. */
export const BASES: readonly Base[] = [
  base('NV_UndefineSpaceSpecial', 0x11f, { handles: [0x01800008, PLATFORM], auths: 2 }),
  base('EvictControl', 0x120, { handles: [OWNER, A], auths: 1, fields: [handle(0x81000010)], loads: ['eccSign'] }),
  base('EvictControl of a persistent key', 0x120, { handles: [OWNER, 0x81000001], auths: 1, fields: [handle(0x81000001)] }),
  ...withEach(base('EvictControl', 0x120, { handles: [OWNER, A], auths: 1, fields: [u32(0x81000010)] }), each),
  ...withEach(base('EvictControl by platform', 0x120, { handles: [PLATFORM, A], auths: 1, fields: [u32(0x81800010)] }), each),
  base('HierarchyControl', 0x121, { handles: [PLATFORM], auths: 1, fields: [handle(OWNER), u8(0, 1, 2)] }),
  base('HierarchyControl by owner', 0x121, { handles: [OWNER], auths: 1, fields: [handle(OWNER), u8(1, 0, 2)] }),
  ...nvOf('NV_UndefineSpace', 0x122),
  base('Clear', 0x126, { handles: [LOCKOUT], auths: 1 }),
  base('ClearControl', 0x127, { handles: [LOCKOUT], auths: 1, fields: [YES_NO] }),
  base('ClockSet', 0x128, { handles: [OWNER], auths: 1, fields: [u64(0x100000000n, 0, 0xffff000000000000n, 0xffff000000000001n, 0xffffffffffffffffn)] }),
  base('HierarchyChangeAuth', 0x129, { handles: [OWNER], auths: 1, fields: [sized('6162')] }),
  base('NV_DefineSpace', 0x12a, { handles: [OWNER], auths: 1, fields: [sized(''), nvPublic(0x01800020, 0x02060006, 16)] }),
  base('NV_DefineSpace counter', 0x12a, { handles: [OWNER], auths: 1, fields: [sized(''), nvPublic(0x01800020, 0x02060016, 8)] }),
  base('NV_DefineSpace extend', 0x12a, { handles: [OWNER], auths: 1, fields: [sized(''), nvPublic(0x01800020, 0x02060046, 32)] }),
  base('NV_DefineSpace bits', 0x12a, { handles: [OWNER], auths: 1, fields: [sized(''), nvPublic(0x01800020, 0x02060026, 8)] }),
  base('NV_DefineSpace platform', 0x12a, { handles: [PLATFORM], auths: 1, fields: [sized(''), nvPublic(0x01800020, 0x42010001, 16)] }),
  base('NV_DefineSpace that is there', 0x12a, { handles: [OWNER], auths: 1, fields: [sized(''), nvPublic(NV, 0x02060006, 16)] }),
  base('PCR_Allocate', 0x12b, { handles: [PLATFORM], auths: 1, fields: [u32(1, 0, 2, 5), SHA256, u8(3, 0, 2, 4), raw('ffffff')] }),
  base('SetPrimaryPolicy', 0x12e, { handles: [OWNER], auths: 1, fields: [sized('00'.repeat(32)), SHA256] }),
  base('ClockRateAdjust', 0x130, { handles: [OWNER], auths: 1, fields: [u8(0, 1, 2, 3, 4, 127, 128, 253, 252, 255)] }),
  ...AREAS.map(([what, secret, area]) => base(`CreatePrimary ${what}`, 0x131, { handles: [OWNER], auths: 1, fields: [secret, area, ...rest] })),
  base('CreatePrimary with PCRs', 0x131, { handles: [NULL], auths: 1, fields: [sensitive(), eccArea(0x40472, ECDSA), sized('', 66), ...PCRS] }),
  ...nvOf('NV_Increment', 0x134),
  ...nvOf('NV_SetBits', 0x135, [u64(4, 0)]),
  ...nvOf('NV_Extend', 0x136, [sized('6162', 1024)]),
  ...nvOf('NV_Write', 0x137, [sized('6162', 1024), u16(0, 1, 14, 15, 16, 0xffff)]),
  ...nvOf('NV_WriteLock', 0x138),
  base('DictionaryAttackLockReset', 0x139, { handles: [LOCKOUT], auths: 1 }),
  base('DictionaryAttackParameters', 0x13a, { handles: [LOCKOUT], auths: 1, fields: [u32(3, 0, 0xffffffff), u32(10, 0), u32(0, 1)] }),
  base('NV_ChangeAuth', 0x13b, { handles: [NV], auths: 1, fields: [sized('6162')] }),
  base('PCR_Event', 0x13c, { handles: [16], auths: 1, fields: [sized('6162', 1024)] }),
  base('PCR_Reset', 0x13d, { handles: [16], auths: 1 }),
  base('SequenceComplete', 0x13e, { handles: [A], auths: 1, fields: [sized('6162', 1024), HIERARCHY], loads: ['hashSequence'] }),
  ...withEach(base('SequenceComplete', 0x13e, { handles: [A], auths: 1, fields: [sized('61626364', 1024), HIERARCHY] }), each),
  base('IncrementalSelfTest', 0x142, { fields: [u32(1, 0, 2, 64, 65, 0xffffffff), SHA256] }),
  base('IncrementalSelfTest of many', 0x142, { fields: [u32(3), alg(1), alg(6), alg(0x23)] }),
  base('SelfTest', 0x143, { fields: [YES_NO] }),
  base('Startup', 0x144, { fields: [u16(0, 1, 2, 0xffff)] }),
  base('Shutdown', 0x145, { fields: [u16(0, 1, 2, 0xffff)] }),
  base('StirRandom', 0x146, { fields: [sized('616263', 128)] }),
  base('ActivateCredential', 0x147, { handles: [A, B], auths: 2, fields: [sized('00'.repeat(40), 132), sized('00'.repeat(32), 256)], loads: ['eccSign', 'eccStorage'] }),
  base('ActivateCredential by RSA', 0x147, { handles: [A, B], auths: 2, fields: [sized('00'.repeat(40), 132), sized('01'.repeat(256), 256)], loads: ['eccSign', 'rsaStorage'] }),
  ...withEach(base('ActivateCredential', 0x147, { handles: [A, B], auths: 2, fields: [sized('00'.repeat(40), 132), sized('00'.repeat(32), 256)] }), KINDS.flatMap((kind) => [['eccSign', kind], [kind, 'eccStorage']])),
  base('Certify', 0x148, { handles: [A, B], auths: 2, fields: quoting, loads: ['eccSign', 'eccAik'] }),
  ...withEach(base('Certify', 0x148, { handles: [A, B], auths: 2, fields: quoting }), KINDS.flatMap((kind) => [['eccSign', kind], [kind, 'eccAik']])),
  base('PolicyNV', 0x149, { handles: [OWNER, NV, POLICY], auths: 1, fields: [sized('5a5a'), u16(0, 1, 14, 15, 16, 0xffff), u16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)], sessions: ['policy'] }),
  ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].flatMap((index) => [OWNER, PLATFORM, 0x01800000 + index].map((auth) =>
    base(`PolicyNV of ${index} by ${auth.toString(16)}`, 0x149, { handles: [auth, 0x01800000 + index, POLICY], auths: 1, fields: [sized('5a5a'), u16(0), u16(0)], sessions: ['policy'] }, true))),
  base('PolicyNV (trial)', 0x149, { handles: [OWNER, 0x01800002, POLICY], auths: 1, fields: [sized('5a5a'), u16(0), u16(0)], sessions: ['trial'] }, true),
  base('CertifyCreation', 0x14a, { handles: [B, A], auths: 1, fields: [sized('6162', 66), sized(made('eccSign.creationHash')), ...NO_SCHEME, raw(made('eccSign.ticket'))], loads: ['eccSign', 'eccAik'] }),
  base('CertifyCreation with any ticket', 0x14a, { handles: [B, A], auths: 1, fields: [sized('6162', 66), sized(made('eccSign.creationHash')), ...NO_SCHEME, ...ticket(0x8021)], loads: ['eccSign', 'eccAik'] }),
  ...withEach(base('CertifyCreation', 0x14a, { handles: [B, A], auths: 1, fields: [sized('6162', 66), sized(made('eccSign.creationHash')), ...NO_SCHEME, raw(made('eccSign.ticket'))] }), KINDS.flatMap((kind) => [['eccSign', kind], [kind, 'eccAik']])),
  base('Duplicate', 0x14b, { handles: [A, B], auths: 1, fields: [sized('', 66), ...AES], loads: ['toDuplicate', 'eccStorage'] }),
  ...withEach(base('Duplicate', 0x14b, { handles: [A, NULL], auths: 1, fields: [sized('', 66), alg(0x10)] }), each),
  base('GetTime', 0x14c, { handles: [ENDORSEMENT, A], auths: 2, fields: quoting, loads: ['eccAik'] }),
  ...withEach(base('GetTime', 0x14c, { handles: [ENDORSEMENT, A], auths: 2, fields: quoting }), each),
  base('GetSessionAuditDigest', 0x14d, { handles: [ENDORSEMENT, A, HMAC], auths: 2, fields: quoting, loads: ['eccAik'], sessions: ['hmac'] }),
  ...nvOf('NV_Read', 0x14e, [u16(2, 0, 1, 16, 17, 1024, 1025, 0xffff), u16(0, 1, 14, 15, 16, 0xffff)]),
  ...nvOf('NV_ReadLock', 0x14f),
  base('ObjectChangeAuth', 0x150, { handles: [A, B], auths: 1, fields: [sized('6162')], loads: ['eccSign', 'eccStorage'] }),
  ...withEach(base('ObjectChangeAuth', 0x150, { handles: [A, B], auths: 1, fields: [sized('6162')] }), KINDS.flatMap((kind) => [['eccSign', kind], [kind, 'eccStorage']])),
  base('PolicySecret', 0x151, { handles: [OWNER, POLICY], auths: 1, fields: [NOTHING, NOTHING, NOTHING, u32(0, 1, 100, 0xffffffff, 0xffffff00, 0x80000000)], sessions: ['policy'] }),
  base('PolicySecret (trial)', 0x151, { handles: [OWNER, POLICY], auths: 1, fields: [NOTHING, NOTHING, NOTHING, u32(0, 1, 0xffffffff)], sessions: ['trial'] }),
  ...withEach(base('PolicySecret', 0x151, { handles: [A, POLICY], auths: 1, fields: [NOTHING, NOTHING, NOTHING, u32(0, 0xffffff00)], sessions: ['policy'] }), each),
  ...AREAS.map(([what, secret, area]) => base(`Create ${what}`, 0x153, { handles: [A], auths: 1, fields: [secret, area, ...rest], loads: ['eccStorage'] })),
  ...withEach(base('Create', 0x153, { handles: [A], auths: 1, fields: [sensitive(), eccArea(0x40472, ECDSA), ...rest] }), each),
  base('ECDH_ZGen', 0x154, { handles: [A], auths: 1, fields: [box(...POINT)], loads: ['ecdh'] }),
  ...withEach(base('ECDH_ZGen', 0x154, { handles: [A], auths: 1, fields: [box(...POINT)] }), each),
  base('HMAC', 0x155, { handles: [A], auths: 1, fields: [sized('616263', 1024), SHA256], loads: ['hmacKey'] }),
  base('HMAC of an open key', 0x155, { handles: [A], auths: 1, fields: [sized('616263', 1024), SHA256], loads: ['hmacOpen'] }),
  ...withEach(base('HMAC', 0x155, { handles: [A], auths: 1, fields: [sized('616263', 1024), SHA256] }), each),
  base('Import', 0x156, { handles: [A], auths: 1, fields: [sized('', 66), eccArea(0x40440, ECDSA), sized('00'.repeat(70), 908), sized('', 256), ...NO_SCHEME], loads: ['eccStorage'] }),
  base('Import with a cipher', 0x156, { handles: [A], auths: 1, fields: [sized('11'.repeat(16), 66), eccArea(0x40440, ECDSA), sized('00'.repeat(70), 908), sized('00'.repeat(32), 256), ...AES], loads: ['eccStorage'] }),
  ...withEach(base('Import', 0x156, { handles: [A], auths: 1, fields: [sized('', 66), eccArea(0x40440, ECDSA), sized('00'.repeat(70), 908), sized('', 256), ...NO_SCHEME] }), each),
  base('Load', 0x157, { handles: [A], auths: 1, fields: [sized(made('child.private'), 908), box(raw(made('child.public')))], loads: ['eccStorage'] }),
  base('Load of any area', 0x157, { handles: [A], auths: 1, fields: [sized(made('child.private'), 908), eccArea(0x40472, ECDSA)], loads: ['eccStorage'] }),
  ...withEach(base('Load', 0x157, { handles: [A], auths: 1, fields: [sized(made('child.private'), 908), box(raw(made('child.public')))] }), each),
  base('Quote', 0x158, { handles: [A], auths: 1, fields: [...quoting, ...PCRS], loads: ['eccAik'] }),
  base('Quote with a scheme', 0x158, { handles: [A], auths: 1, fields: [...OPEN.scheme, ...PCRS], loads: ['eccOpen'] }),
  ...withEach(base('Quote', 0x158, { handles: [A], auths: 1, fields: [...quoting, ...PCRS] }), each),
  base('RSA_Decrypt', 0x159, { handles: [A], auths: 1, fields: [sized('01'.repeat(256), 256), alg(0x15), sized('', 66)], loads: ['rsaOpen'] }),
  base('RSA_Decrypt without padding', 0x159, { handles: [A], auths: 1, fields: [sized('01'.repeat(256), 256), alg(0x10), sized('6100', 66)], loads: ['rsaOpen'] }),
  ...withEach(base('RSA_Decrypt', 0x159, { handles: [A], auths: 1, fields: [sized('01'.repeat(256), 256), alg(0x10), sized('', 66)] }), each),
  base('HMAC_Start', 0x15b, { handles: [A], auths: 1, fields: [sized(''), SHA256], loads: ['hmacKey'] }),
  ...withEach(base('HMAC_Start', 0x15b, { handles: [A], auths: 1, fields: [sized(''), SHA256] }), each),
  base('SequenceUpdate', 0x15c, { handles: [A], auths: 1, fields: [sized('6162', 1024)], loads: ['hashSequence'] }),
  ...withEach(base('SequenceUpdate', 0x15c, { handles: [A], auths: 1, fields: [sized('6162', 1024)] }), each),
  base('Sign', 0x15d, { handles: [A], auths: 1, fields: [DIGEST, ...NO_SCHEME, ...ticket(0x8024)], loads: ['eccSign'] }),
  base('Sign with a scheme', 0x15d, { handles: [A], auths: 1, fields: [DIGEST, ...ECDSA, ...ticket(0x8024)], loads: ['eccOpen'] }),
  base('Sign by RSA', 0x15d, { handles: [A], auths: 1, fields: [DIGEST, alg(0x14), SHA256, ...ticket(0x8024)], loads: ['rsaOpen'] }),
  base('Sign with a ticket', 0x15d, { handles: [A], auths: 1, fields: [DIGEST, ...NO_SCHEME, raw(made('abc.ticket'))], loads: ['eccAik'] }),
  ...withEach(base('Sign', 0x15d, { handles: [A], auths: 1, fields: [DIGEST, ...NO_SCHEME, ...ticket(0x8024)] }), each),
  ...withEach(base('Sign with a ticket', 0x15d, { handles: [A], auths: 1, fields: [DIGEST, ...NO_SCHEME, raw(made('abc.ticket'))] }), each),
  base('Unseal', 0x15e, { handles: [A], auths: 1, loads: ['sealed'] }),
  ...withEach(base('Unseal', 0x15e, { handles: [A], auths: 1 }), each),
  base('PolicySigned', 0x160, { handles: [A, POLICY], fields: [NOTHING, NOTHING, NOTHING, u32(0, 1, 0xffffff00), ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48))], loads: ['eccSign'], sessions: ['policy'] }),
  base('PolicySigned (trial)', 0x160, { handles: [A, POLICY], fields: [NOTHING, NOTHING, NOTHING, u32(0, 1, 0xffffff00), ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48))], loads: ['eccSign'], sessions: ['trial'] }),
  base('PolicySigned by RSA', 0x160, { handles: [A, POLICY], fields: [NOTHING, NOTHING, NOTHING, u32(0), ...signature(0x14, sized('11'.repeat(256), 256))], loads: ['rsaSign'], sessions: ['policy'] }),
  ...withEach(base('PolicySigned', 0x160, { handles: [A, POLICY], fields: [NOTHING, NOTHING, NOTHING, u32(0), ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48))], sessions: ['policy'] }), each),
  base('ContextLoad', 0x161, { fields: [raw(made('eccSign'))] }),
  base('ContextLoad of nothing', 0x161, { fields: [u64(1, 0), handle(A), HIERARCHY, sized('00'.repeat(40), 2048)] }),
  base('ContextSave', 0x162, { handles: [A], loads: ['eccSign'] }),
  base('ContextSave of a session', 0x162, { handles: [HMAC], sessions: ['hmac'] }),
  ...withEach(base('ContextSave', 0x162, { handles: [A] }), each),
  base('ECDH_KeyGen', 0x163, { handles: [A], loads: ['ecdh'] }),
  ...withEach(base('ECDH_KeyGen', 0x163, { handles: [A] }), each),
  base('FlushContext', 0x165, { fields: [handle(A)], loads: ['eccSign'] }),
  base('FlushContext of a session', 0x165, { fields: [handle(HMAC)], sessions: ['hmac'] }),
  base('LoadExternal', 0x167, { fields: [NOTHING, box(raw(made('eccSign.public'))), HIERARCHY] }),
  base('LoadExternal of any area', 0x167, { fields: [sized('', 300), box(alg(0x23), SHA256, bits(0x40440), NOTHING, ...NO_SCHEME, ...ECDSA, u16(3, 4, 5, 0x10), ...NO_SCHEME, ...POINT), HIERARCHY] }),
  base('LoadExternal with a secret', 0x167, { fields: [box(alg(0x23), NOTHING, NOTHING, sized(`${'00'.repeat(31)}01`, 48)), box(alg(0x23), SHA256, bits(0x40440), NOTHING, ...NO_SCHEME, ...ECDSA, u16(3), ...NO_SCHEME, ...POINT), handle(NULL)] }),
  base('LoadExternal of RSA', 0x167, { fields: [sized('', 300), box(alg(1), SHA256, bits(0x40440), NOTHING, ...NO_SCHEME, alg(0x14), SHA256, u16(2048, 1024), u32(0, 3, 65537), sized('c1'.repeat(256), 256)), HIERARCHY] }),
  base('LoadExternal of a keyed hash', 0x167, { fields: [box(alg(8), NOTHING, NOTHING, sized('6162', 128)), box(alg(8), alg(0x10), bits(0x40440), NOTHING, alg(5), SHA256, NOTHING), handle(NULL)] }),
  base('LoadExternal of a cipher', 0x167, { fields: [box(alg(0x25), NOTHING, NOTHING, sized('11'.repeat(16), 32)), box(alg(0x25), alg(0x10), bits(0x20440), NOTHING, ...AES, NOTHING), handle(NULL)] }),
  base('MakeCredential', 0x168, { handles: [A], fields: [sized('616263'), sized(made('eccSign.name'), 68)], loads: ['eccStorage'] }),
  ...withEach(base('MakeCredential', 0x168, { handles: [A], fields: [sized('616263'), sized(made('eccSign.name'), 68)] }), each),
  base('NV_ReadPublic', 0x169, { handles: [NV] }),
  ...onPolicy('PolicyAuthorize', 0x16a, [NOTHING, NOTHING, sized(made('eccSign.name'), 68), ...ticket(0x8022)]),
  ...onPolicy('PolicyAuthValue', 0x16b),
  ...onPolicy('PolicyCommandCode', 0x16c, [u32(0x17b, 0, 0x11e, 0x11f, 0x187, 0x18e, 0x18f, 0x190, 0x191, 0x20000000, 0x20008001, 0xffffffff)]),
  ...onPolicy('PolicyCounterTimer', 0x16d, [sized('00'), u16(0, 8, 16, 24, 25, 26, 0xffff), u16(0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12)]),
  ...onPolicy('PolicyCpHash', 0x16e, [sized('11'.repeat(32))]),
  ...onPolicy('PolicyLocality', 0x16f, [u8(1, 0, 2, 3, 0x1f, 0x20, 0x21, 0xff)]),
  ...onPolicy('PolicyNameHash', 0x170, [sized('11'.repeat(32))]),
  ...onPolicy('PolicyOR', 0x171, [u32(2, 0, 1, 3, 8, 9, 0xffffffff), sized('00'.repeat(32)), sized('11'.repeat(32))]),
  ...onPolicy('PolicyTicket', 0x172, [sized('00'.repeat(8), 8), NOTHING, NOTHING, sized(made('eccSign.name'), 68), ...ticket(0x8023)]),
  base('ReadPublic', 0x173, { handles: [A], loads: ['eccSign'] }),
  ...withEach(base('ReadPublic', 0x173, { handles: [A] }), each),
  base('RSA_Encrypt', 0x174, { handles: [A], fields: [sized('616263', 256), alg(0x15), sized('', 66)], loads: ['rsaOpen'] }),
  base('RSA_Encrypt with OAEP', 0x174, { handles: [A], fields: [sized('616263', 256), alg(0x17), SHA256, sized('6100', 66)], loads: ['rsaOpen'] }),
  base('RSA_Encrypt without padding', 0x174, { handles: [A], fields: [sized('01'.repeat(256), 256), alg(0x10), sized('6100', 66)], loads: ['rsaOpen'] }),
  ...withEach(base('RSA_Encrypt', 0x174, { handles: [A], fields: [sized('616263', 256), alg(0x10), sized('', 66)] }), each),
  base('StartAuthSession', 0x176, { handles: [NULL, NULL], fields: [sized('11'.repeat(16)), sized('', 256), u8(0, 1, 2, 3, 4, 255), alg(0x10), SHA256] }),
  base('StartAuthSession with a cipher', 0x176, { handles: [NULL, NULL], fields: [sized('11'.repeat(16)), sized('', 256), u8(1), ...AES, SHA256] }),
  base('StartAuthSession with XOR', 0x176, { handles: [NULL, OWNER], fields: [sized('11'.repeat(16)), sized('', 256), u8(0), alg(0x0a), SHA256, SHA256] }),
  base('StartAuthSession with a salt', 0x176, { handles: [A, NULL], fields: [sized('11'.repeat(16)), sized('01'.repeat(256), 256), u8(0), alg(0x10), SHA256], loads: ['rsaStorage'] }),
  ...withEach(base('StartAuthSession with a salt', 0x176, { handles: [A, NULL], fields: [sized('11'.repeat(16)), sized('01'.repeat(256), 256), u8(0), alg(0x10), SHA256] }), each),
  ...withEach(base('StartAuthSession bound', 0x176, { handles: [NULL, A], fields: [sized('11'.repeat(16)), sized('', 256), u8(0), alg(0x10), SHA256] }), each),
  base('VerifySignature', 0x177, { handles: [A], fields: [DIGEST, ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48))], loads: ['eccSign'] }),
  base('VerifySignature by RSA', 0x177, { handles: [A], fields: [DIGEST, ...signature(0x14, sized('11'.repeat(256), 256))], loads: ['rsaSign'] }),
  base('VerifySignature of an HMAC', 0x177, { handles: [A], fields: [DIGEST, ...signature(5, raw('11'.repeat(32)))], loads: ['hmacKey'] }),
  ...withEach(base('VerifySignature', 0x177, { handles: [A], fields: [DIGEST, ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48))] }), each),
  base('ECC_Parameters', 0x178, { fields: [u16(3, 0, 1, 2, 4, 5, 0x10, 0x11, 0x20, 0xffff)] }),
  base('GetCapability', 0x17a, { fields: [u32(6, 0, 1, 2, 3, 4, 5, 7, 8, 9, 0x100, 0xffffffff), u32(0x100, 0, 1, 0x10, 0x105, 0x200, 0x20f, 0x300, 0xffffffff), u32(1, 0, 2, 8, 100, 0xffffffff)] }),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((capability) => base(`GetCapability of ${capability}`, 0x17a, { fields: [u32(capability), u32(0, 1, 0x12, 0x23, 0x11f, 0x200, 0x01000000, 0x02000000, 0x03000000, 0x40000000, 0x4000000c, 0x80000000, 0x81000000, 0x90000000), u32(1, 0, 3, 254)] })),
  base('GetRandom', 0x17b, { fields: [u16(8, 0, 1, 32, 48, 64, 65, 0xffff)] }),
  base('GetTestResult', 0x17c),
  base('Hash', 0x17d, { fields: [sized('616263', 1024), SHA256, HIERARCHY] }),
  base('PCR_Read', 0x17e, { fields: PCRS }),
  base('PCR_Read of two banks', 0x17e, { fields: [u32(2), alg(4), u8(3, 2), raw('ff0000'), SHA256, u8(3), raw('030000')] }),
  ...onPolicy('PolicyPCR', 0x17f, [NOTHING, ...PCRS]),
  ...onPolicy('PolicyRestart', 0x180),
  base('ReadClock', 0x181),
  base('PCR_Extend', 0x182, { handles: [16], auths: 1, fields: [u32(1, 0, 2, 4, 5, 6, 0xffffffff), SHA256, raw('5a'.repeat(32))] }),
  ...[0, 15, 17, 18, 19, 20, 21, 22, 23].map((pcr) => base(`PCR_Extend of ${pcr}`, 0x182, { handles: [pcr], auths: 1, fields: [u32(1), SHA256, raw('5a'.repeat(32))] }, true)),
  ...[0, 15, 17, 18, 19, 20, 21, 22, 23].map((pcr) => base(`PCR_Reset of ${pcr}`, 0x13d, { handles: [pcr], auths: 1 }, true)),
  ...[0, 15, 17, 20, 21, 22, 23, NULL].map((pcr) => base(`PCR_Event of ${pcr}`, 0x13c, { handles: [pcr], auths: 1, fields: [sized('6162', 1024)] }, true)),
  base('NV_Certify', 0x184, { handles: [A, OWNER, NV], auths: 2, fields: [...quoting, u16(2, 0, 1, 16, 17, 1025), u16(0, 1, 14, 15, 16)], loads: ['eccAik'] }),
  ...withEach(base('NV_Certify', 0x184, { handles: [A, OWNER, NV], auths: 2, fields: [...quoting, u16(2), u16(0)] }), each),
  base('EventSequenceComplete', 0x185, { handles: [16, A], auths: 2, fields: [sized('6162', 1024)], loads: ['eventSequence'] }),
  ...withEach(base('EventSequenceComplete', 0x185, { handles: [16, A], auths: 2, fields: [sized('6162', 1024)] }), each),
  base('HashSequenceStart', 0x186, { fields: [sized(''), SHA256] }),
  ...onPolicy('PolicyDuplicationSelect', 0x188, [sized(made('eccSign.name'), 68), sized(made('eccStorage.name'), 68), YES_NO]),
  ...onPolicy('PolicyGetDigest', 0x189),
  base('TestParms of RSA', 0x18a, { fields: [alg(1), ...NO_SCHEME, ...NO_SCHEME, u16(2048, 1024, 512, 3072), u32(0, 3)] }),
  base('TestParms of ECC', 0x18a, { fields: [alg(0x23), ...AES, ...ECDSA, u16(3, 4, 5, 0x10), ...NO_SCHEME] }),
  base('TestParms of a keyed hash', 0x18a, { fields: [alg(8), alg(5), SHA256] }),
  base('TestParms of a cipher', 0x18a, { fields: [alg(0x25), ...AES] }),
  base('Commit', 0x18b, { handles: [A], auths: 1, fields: [box(...POINT), sized('', 128), sized('', 48)], loads: ['eccSign'] }),
  ...withEach(base('Commit', 0x18b, { handles: [A], auths: 1, fields: [box(sized('', 48), sized('', 48)), sized('', 128), sized('', 48)] }), each),
  ...onPolicy('PolicyPassword', 0x18c),
  ...onPolicy('PolicyNvWritten', 0x18f, [YES_NO]),
];
