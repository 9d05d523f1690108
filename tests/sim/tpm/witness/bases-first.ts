import { alg, handle, made, raw, sized, u16, u32, u64, u8 } from './fields.ts';
import type { Base } from './shapes.ts';
import { base, withEach, KINDS, each, AES, NO_SCHEME, ECDSA, SHA256, PCRS, HIERARCHY, YES_NO, NOTHING, ticket, sensitive, eccArea, rest, AREAS, nvPublic, nvOf, quoting, LOCKOUT, ENDORSEMENT, A, B, POLICY, HMAC, NV } from './shapes.ts';
import { NULL, OWNER, PLATFORM } from './world.ts';

/** Commands in the order of their codes, right: hierarchies, NV and creation. */
export const FIRST_BASES: readonly Base[] = [
  base('NV_UndefineSpaceSpecial', 0x11f, { handles: [0x01800008, PLATFORM], auths: 2 }),
  base('EvictControl', 0x120, {
    handles: [OWNER, A],
    auths: 1,
    fields: [handle(0x81000010)],
    loads: ['eccSign'],
  }),
  base('EvictControl of a persistent key', 0x120, {
    handles: [OWNER, 0x81000001],
    auths: 1,
    fields: [handle(0x81000001)],
  }),
  ...withEach(
    base('EvictControl', 0x120, { handles: [OWNER, A], auths: 1, fields: [u32(0x81000010)] }),
    each,
  ),
  ...withEach(
    base('EvictControl by platform', 0x120, { handles: [PLATFORM, A], auths: 1, fields: [u32(0x81800010)] }),
    each,
  ),
  base('HierarchyControl', 0x121, { handles: [PLATFORM], auths: 1, fields: [handle(OWNER), u8(0, 1, 2)] }),
  base('HierarchyControl by owner', 0x121, {
    handles: [OWNER],
    auths: 1,
    fields: [handle(OWNER), u8(1, 0, 2)],
  }),
  ...nvOf('NV_UndefineSpace', 0x122),
  base('Clear', 0x126, { handles: [LOCKOUT], auths: 1 }),
  base('ClearControl', 0x127, { handles: [LOCKOUT], auths: 1, fields: [YES_NO] }),
  base('ClockSet', 0x128, {
    handles: [OWNER],
    auths: 1,
    fields: [u64(0x100000000n, 0, 0xffff000000000000n, 0xffff000000000001n, 0xffffffffffffffffn)],
  }),
  base('HierarchyChangeAuth', 0x129, { handles: [OWNER], auths: 1, fields: [sized('6162')] }),
  base('NV_DefineSpace', 0x12a, {
    handles: [OWNER],
    auths: 1,
    fields: [sized(''), nvPublic(0x01800020, 0x02060006, 16)],
  }),
  base('NV_DefineSpace counter', 0x12a, {
    handles: [OWNER],
    auths: 1,
    fields: [sized(''), nvPublic(0x01800020, 0x02060016, 8)],
  }),
  base('NV_DefineSpace extend', 0x12a, {
    handles: [OWNER],
    auths: 1,
    fields: [sized(''), nvPublic(0x01800020, 0x02060046, 32)],
  }),
  base('NV_DefineSpace bits', 0x12a, {
    handles: [OWNER],
    auths: 1,
    fields: [sized(''), nvPublic(0x01800020, 0x02060026, 8)],
  }),
  base('NV_DefineSpace platform', 0x12a, {
    handles: [PLATFORM],
    auths: 1,
    fields: [sized(''), nvPublic(0x01800020, 0x42010001, 16)],
  }),
  base('NV_DefineSpace that is there', 0x12a, {
    handles: [OWNER],
    auths: 1,
    fields: [sized(''), nvPublic(NV, 0x02060006, 16)],
  }),
  base('PCR_Allocate', 0x12b, {
    handles: [PLATFORM],
    auths: 1,
    fields: [u32(1, 0, 2, 5), SHA256, u8(3, 0, 2, 4), raw('ffffff')],
  }),
  base('SetPrimaryPolicy', 0x12e, { handles: [OWNER], auths: 1, fields: [sized('00'.repeat(32)), SHA256] }),
  base('ClockRateAdjust', 0x130, {
    handles: [OWNER],
    auths: 1,
    fields: [u8(0, 1, 2, 3, 4, 127, 128, 253, 252, 255)],
  }),
  ...AREAS.map(([what, secret, area]) =>
    base(`CreatePrimary ${what}`, 0x131, { handles: [OWNER], auths: 1, fields: [secret, area, ...rest] }),
  ),
  base('CreatePrimary with PCRs', 0x131, {
    handles: [NULL],
    auths: 1,
    fields: [sensitive(), eccArea(0x40472, ECDSA), sized('', 66), ...PCRS],
  }),
  ...nvOf('NV_Increment', 0x134),
  ...nvOf('NV_SetBits', 0x135, [u64(4, 0)]),
  ...nvOf('NV_Extend', 0x136, [sized('6162', 1024)]),
  ...nvOf('NV_Write', 0x137, [sized('6162', 1024), u16(0, 1, 14, 15, 16, 0xffff)]),
  ...nvOf('NV_WriteLock', 0x138),
  base('DictionaryAttackLockReset', 0x139, { handles: [LOCKOUT], auths: 1 }),
  base('DictionaryAttackParameters', 0x13a, {
    handles: [LOCKOUT],
    auths: 1,
    fields: [u32(3, 0, 0xffffffff), u32(10, 0), u32(0, 1)],
  }),
  base('NV_ChangeAuth', 0x13b, { handles: [NV], auths: 1, fields: [sized('6162')] }),
  base('PCR_Event', 0x13c, { handles: [16], auths: 1, fields: [sized('6162', 1024)] }),
  base('PCR_Reset', 0x13d, { handles: [16], auths: 1 }),
  base('SequenceComplete', 0x13e, {
    handles: [A],
    auths: 1,
    fields: [sized('6162', 1024), HIERARCHY],
    loads: ['hashSequence'],
  }),
  ...withEach(
    base('SequenceComplete', 0x13e, { handles: [A], auths: 1, fields: [sized('61626364', 1024), HIERARCHY] }),
    each,
  ),
  base('IncrementalSelfTest', 0x142, { fields: [u32(1, 0, 2, 64, 65, 0xffffffff), SHA256] }),
  base('IncrementalSelfTest of many', 0x142, { fields: [u32(3), alg(1), alg(6), alg(0x23)] }),
  base('SelfTest', 0x143, { fields: [YES_NO] }),
  base('Startup', 0x144, { fields: [u16(0, 1, 2, 0xffff)] }),
  base('Shutdown', 0x145, { fields: [u16(0, 1, 2, 0xffff)] }),
  base('StirRandom', 0x146, { fields: [sized('616263', 128)] }),
  base('ActivateCredential', 0x147, {
    handles: [A, B],
    auths: 2,
    fields: [sized('00'.repeat(40), 132), sized('00'.repeat(32), 256)],
    loads: ['eccSign', 'eccStorage'],
  }),
  base('ActivateCredential by RSA', 0x147, {
    handles: [A, B],
    auths: 2,
    fields: [sized('00'.repeat(40), 132), sized('01'.repeat(256), 256)],
    loads: ['eccSign', 'rsaStorage'],
  }),
  ...withEach(
    base('ActivateCredential', 0x147, {
      handles: [A, B],
      auths: 2,
      fields: [sized('00'.repeat(40), 132), sized('00'.repeat(32), 256)],
    }),
    KINDS.flatMap((kind) => [
      ['eccSign', kind],
      [kind, 'eccStorage'],
    ]),
  ),
  base('Certify', 0x148, { handles: [A, B], auths: 2, fields: quoting, loads: ['eccSign', 'eccAik'] }),
  ...withEach(
    base('Certify', 0x148, { handles: [A, B], auths: 2, fields: quoting }),
    KINDS.flatMap((kind) => [
      ['eccSign', kind],
      [kind, 'eccAik'],
    ]),
  ),
  base('PolicyNV', 0x149, {
    handles: [OWNER, NV, POLICY],
    auths: 1,
    fields: [sized('5a5a'), u16(0, 1, 14, 15, 16, 0xffff), u16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)],
    sessions: ['policy'],
  }),
  ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].flatMap((index) =>
    [OWNER, PLATFORM, 0x01800000 + index].map((auth) =>
      base(
        `PolicyNV of ${index} by ${auth.toString(16)}`,
        0x149,
        {
          handles: [auth, 0x01800000 + index, POLICY],
          auths: 1,
          fields: [sized('5a5a'), u16(0), u16(0)],
          sessions: ['policy'],
        },
        true,
      ),
    ),
  ),
  base(
    'PolicyNV (trial)',
    0x149,
    {
      handles: [OWNER, 0x01800002, POLICY],
      auths: 1,
      fields: [sized('5a5a'), u16(0), u16(0)],
      sessions: ['trial'],
    },
    true,
  ),
  base('CertifyCreation', 0x14a, {
    handles: [B, A],
    auths: 1,
    fields: [
      sized('6162', 66),
      sized(made('eccSign.creationHash')),
      ...NO_SCHEME,
      raw(made('eccSign.ticket')),
    ],
    loads: ['eccSign', 'eccAik'],
  }),
  base('CertifyCreation with any ticket', 0x14a, {
    handles: [B, A],
    auths: 1,
    fields: [sized('6162', 66), sized(made('eccSign.creationHash')), ...NO_SCHEME, ...ticket(0x8021)],
    loads: ['eccSign', 'eccAik'],
  }),
  ...withEach(
    base('CertifyCreation', 0x14a, {
      handles: [B, A],
      auths: 1,
      fields: [
        sized('6162', 66),
        sized(made('eccSign.creationHash')),
        ...NO_SCHEME,
        raw(made('eccSign.ticket')),
      ],
    }),
    KINDS.flatMap((kind) => [
      ['eccSign', kind],
      [kind, 'eccAik'],
    ]),
  ),
  base('Duplicate', 0x14b, {
    handles: [A, B],
    auths: 1,
    fields: [sized('', 66), ...AES],
    loads: ['toDuplicate', 'eccStorage'],
  }),
  ...withEach(
    base('Duplicate', 0x14b, { handles: [A, NULL], auths: 1, fields: [sized('', 66), alg(0x10)] }),
    each,
  ),
  base('GetTime', 0x14c, { handles: [ENDORSEMENT, A], auths: 2, fields: quoting, loads: ['eccAik'] }),
  ...withEach(base('GetTime', 0x14c, { handles: [ENDORSEMENT, A], auths: 2, fields: quoting }), each),
  base('GetSessionAuditDigest', 0x14d, {
    handles: [ENDORSEMENT, A, HMAC],
    auths: 2,
    fields: quoting,
    loads: ['eccAik'],
    sessions: ['hmac'],
  }),
  ...nvOf('NV_Read', 0x14e, [u16(2, 0, 1, 16, 17, 1024, 1025, 0xffff), u16(0, 1, 14, 15, 16, 0xffff)]),
  ...nvOf('NV_ReadLock', 0x14f),
  base('ObjectChangeAuth', 0x150, {
    handles: [A, B],
    auths: 1,
    fields: [sized('6162')],
    loads: ['eccSign', 'eccStorage'],
  }),
  ...withEach(
    base('ObjectChangeAuth', 0x150, { handles: [A, B], auths: 1, fields: [sized('6162')] }),
    KINDS.flatMap((kind) => [
      ['eccSign', kind],
      [kind, 'eccStorage'],
    ]),
  ),
  base('PolicySecret', 0x151, {
    handles: [OWNER, POLICY],
    auths: 1,
    fields: [NOTHING, NOTHING, NOTHING, u32(0, 1, 100, 0xffffffff, 0xffffff00, 0x80000000)],
    sessions: ['policy'],
  }),
  base('PolicySecret (trial)', 0x151, {
    handles: [OWNER, POLICY],
    auths: 1,
    fields: [NOTHING, NOTHING, NOTHING, u32(0, 1, 0xffffffff)],
    sessions: ['trial'],
  }),
  ...withEach(
    base('PolicySecret', 0x151, {
      handles: [A, POLICY],
      auths: 1,
      fields: [NOTHING, NOTHING, NOTHING, u32(0, 0xffffff00)],
      sessions: ['policy'],
    }),
    each,
  ),
];
