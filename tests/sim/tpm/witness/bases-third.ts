import { alg, bits, box, handle, made, raw, sized, u16, u32, u8 } from './fields.ts';
import type { Base } from './shapes.ts';
import {
  base,
  withEach,
  each,
  AES,
  NO_SCHEME,
  ECDSA,
  SHA256,
  PCRS,
  HIERARCHY,
  YES_NO,
  NOTHING,
  ticket,
  onPolicy,
  signature,
  DIGEST,
  POINT,
  quoting,
  A,
  NV,
} from './shapes.ts';
import { NULL, OWNER } from './world.ts';

/** Commands in the order of their codes, right: policies, sessions and the rest. */
export const THIRD_BASES: readonly Base[] = [
  base('LoadExternal of a keyed hash', 0x167, {
    fields: [
      box(alg(8), NOTHING, NOTHING, sized('6162', 128)),
      box(alg(8), alg(0x10), bits(0x40440), NOTHING, alg(5), SHA256, NOTHING),
      handle(NULL),
    ],
  }),
  base('LoadExternal of a cipher', 0x167, {
    fields: [
      box(alg(0x25), NOTHING, NOTHING, sized('11'.repeat(16), 32)),
      box(alg(0x25), alg(0x10), bits(0x20440), NOTHING, ...AES, NOTHING),
      handle(NULL),
    ],
  }),
  base('MakeCredential', 0x168, {
    handles: [A],
    fields: [sized('616263'), sized(made('eccSign.name'), 68)],
    loads: ['eccStorage'],
  }),
  ...withEach(
    base('MakeCredential', 0x168, {
      handles: [A],
      fields: [sized('616263'), sized(made('eccSign.name'), 68)],
    }),
    each,
  ),
  base('NV_ReadPublic', 0x169, { handles: [NV] }),
  ...onPolicy('PolicyAuthorize', 0x16a, [
    NOTHING,
    NOTHING,
    sized(made('eccSign.name'), 68),
    ...ticket(0x8022),
  ]),
  ...onPolicy('PolicyAuthValue', 0x16b),
  ...onPolicy('PolicyCommandCode', 0x16c, [
    u32(0x17b, 0, 0x11e, 0x11f, 0x187, 0x18e, 0x18f, 0x190, 0x191, 0x20000000, 0x20008001, 0xffffffff),
  ]),
  ...onPolicy('PolicyCounterTimer', 0x16d, [
    sized('00'),
    u16(0, 8, 16, 24, 25, 26, 0xffff),
    u16(0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12),
  ]),
  ...onPolicy('PolicyCpHash', 0x16e, [sized('11'.repeat(32))]),
  ...onPolicy('PolicyLocality', 0x16f, [u8(1, 0, 2, 3, 0x1f, 0x20, 0x21, 0xff)]),
  ...onPolicy('PolicyNameHash', 0x170, [sized('11'.repeat(32))]),
  ...onPolicy('PolicyOR', 0x171, [
    u32(2, 0, 1, 3, 8, 9, 0xffffffff),
    sized('00'.repeat(32)),
    sized('11'.repeat(32)),
  ]),
  ...onPolicy('PolicyTicket', 0x172, [
    sized('00'.repeat(8), 8),
    NOTHING,
    NOTHING,
    sized(made('eccSign.name'), 68),
    ...ticket(0x8023),
  ]),
  base('ReadPublic', 0x173, { handles: [A], loads: ['eccSign'] }),
  ...withEach(base('ReadPublic', 0x173, { handles: [A] }), each),
  base('RSA_Encrypt', 0x174, {
    handles: [A],
    fields: [sized('616263', 256), alg(0x15), sized('', 66)],
    loads: ['rsaOpen'],
  }),
  base('RSA_Encrypt with OAEP', 0x174, {
    handles: [A],
    fields: [sized('616263', 256), alg(0x17), SHA256, sized('6100', 66)],
    loads: ['rsaOpen'],
  }),
  base('RSA_Encrypt without padding', 0x174, {
    handles: [A],
    fields: [sized('01'.repeat(256), 256), alg(0x10), sized('6100', 66)],
    loads: ['rsaOpen'],
  }),
  ...withEach(
    base('RSA_Encrypt', 0x174, { handles: [A], fields: [sized('616263', 256), alg(0x10), sized('', 66)] }),
    each,
  ),
  base('StartAuthSession', 0x176, {
    handles: [NULL, NULL],
    fields: [sized('11'.repeat(16)), sized('', 256), u8(0, 1, 2, 3, 4, 255), alg(0x10), SHA256],
  }),
  base('StartAuthSession with a cipher', 0x176, {
    handles: [NULL, NULL],
    fields: [sized('11'.repeat(16)), sized('', 256), u8(1), ...AES, SHA256],
  }),
  base('StartAuthSession with XOR', 0x176, {
    handles: [NULL, OWNER],
    fields: [sized('11'.repeat(16)), sized('', 256), u8(0), alg(0x0a), SHA256, SHA256],
  }),
  base('StartAuthSession with a salt', 0x176, {
    handles: [A, NULL],
    fields: [sized('11'.repeat(16)), sized('01'.repeat(256), 256), u8(0), alg(0x10), SHA256],
    loads: ['rsaStorage'],
  }),
  ...withEach(
    base('StartAuthSession with a salt', 0x176, {
      handles: [A, NULL],
      fields: [sized('11'.repeat(16)), sized('01'.repeat(256), 256), u8(0), alg(0x10), SHA256],
    }),
    each,
  ),
  ...withEach(
    base('StartAuthSession bound', 0x176, {
      handles: [NULL, A],
      fields: [sized('11'.repeat(16)), sized('', 256), u8(0), alg(0x10), SHA256],
    }),
    each,
  ),
  base('VerifySignature', 0x177, {
    handles: [A],
    fields: [DIGEST, ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48))],
    loads: ['eccSign'],
  }),
  base('VerifySignature by RSA', 0x177, {
    handles: [A],
    fields: [DIGEST, ...signature(0x14, sized('11'.repeat(256), 256))],
    loads: ['rsaSign'],
  }),
  base('VerifySignature of an HMAC', 0x177, {
    handles: [A],
    fields: [DIGEST, ...signature(5, raw('11'.repeat(32)))],
    loads: ['hmacKey'],
  }),
  ...withEach(
    base('VerifySignature', 0x177, {
      handles: [A],
      fields: [DIGEST, ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48))],
    }),
    each,
  ),
  base('ECC_Parameters', 0x178, { fields: [u16(3, 0, 1, 2, 4, 5, 0x10, 0x11, 0x20, 0xffff)] }),
  base('GetCapability', 0x17a, {
    fields: [
      u32(6, 0, 1, 2, 3, 4, 5, 7, 8, 9, 0x100, 0xffffffff),
      u32(0x100, 0, 1, 0x10, 0x105, 0x200, 0x20f, 0x300, 0xffffffff),
      u32(1, 0, 2, 8, 100, 0xffffffff),
    ],
  }),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((capability) =>
    base(`GetCapability of ${capability}`, 0x17a, {
      fields: [
        u32(capability),
        u32(
          0,
          1,
          0x12,
          0x23,
          0x11f,
          0x200,
          0x01000000,
          0x02000000,
          0x03000000,
          0x40000000,
          0x4000000c,
          0x80000000,
          0x81000000,
          0x90000000,
        ),
        u32(1, 0, 3, 254),
      ],
    }),
  ),
  base('GetRandom', 0x17b, { fields: [u16(8, 0, 1, 32, 48, 64, 65, 0xffff)] }),
  base('GetTestResult', 0x17c),
  base('Hash', 0x17d, { fields: [sized('616263', 1024), SHA256, HIERARCHY] }),
  base('PCR_Read', 0x17e, { fields: PCRS }),
  base('PCR_Read of two banks', 0x17e, {
    fields: [u32(2), alg(4), u8(3, 2), raw('ff0000'), SHA256, u8(3), raw('030000')],
  }),
  ...onPolicy('PolicyPCR', 0x17f, [NOTHING, ...PCRS]),
  ...onPolicy('PolicyRestart', 0x180),
  base('ReadClock', 0x181),
  base('PCR_Extend', 0x182, {
    handles: [16],
    auths: 1,
    fields: [u32(1, 0, 2, 4, 5, 6, 0xffffffff), SHA256, raw('5a'.repeat(32))],
  }),
  ...[0, 15, 17, 18, 19, 20, 21, 22, 23].map((pcr) =>
    base(
      `PCR_Extend of ${pcr}`,
      0x182,
      { handles: [pcr], auths: 1, fields: [u32(1), SHA256, raw('5a'.repeat(32))] },
      true,
    ),
  ),
  ...[0, 15, 17, 18, 19, 20, 21, 22, 23].map((pcr) =>
    base(`PCR_Reset of ${pcr}`, 0x13d, { handles: [pcr], auths: 1 }, true),
  ),
  ...[0, 15, 17, 20, 21, 22, 23, NULL].map((pcr) =>
    base(`PCR_Event of ${pcr}`, 0x13c, { handles: [pcr], auths: 1, fields: [sized('6162', 1024)] }, true),
  ),
  base('NV_Certify', 0x184, {
    handles: [A, OWNER, NV],
    auths: 2,
    fields: [...quoting, u16(2, 0, 1, 16, 17, 1025), u16(0, 1, 14, 15, 16)],
    loads: ['eccAik'],
  }),
  ...withEach(
    base('NV_Certify', 0x184, { handles: [A, OWNER, NV], auths: 2, fields: [...quoting, u16(2), u16(0)] }),
    each,
  ),
  base('EventSequenceComplete', 0x185, {
    handles: [16, A],
    auths: 2,
    fields: [sized('6162', 1024)],
    loads: ['eventSequence'],
  }),
  ...withEach(
    base('EventSequenceComplete', 0x185, { handles: [16, A], auths: 2, fields: [sized('6162', 1024)] }),
    each,
  ),
  base('HashSequenceStart', 0x186, { fields: [sized(''), SHA256] }),
  ...onPolicy('PolicyDuplicationSelect', 0x188, [
    sized(made('eccSign.name'), 68),
    sized(made('eccStorage.name'), 68),
    YES_NO,
  ]),
  ...onPolicy('PolicyGetDigest', 0x189),
  base('TestParms of RSA', 0x18a, {
    fields: [alg(1), ...NO_SCHEME, ...NO_SCHEME, u16(2048, 1024, 512, 3072), u32(0, 3)],
  }),
  base('TestParms of ECC', 0x18a, {
    fields: [alg(0x23), ...AES, ...ECDSA, u16(3, 4, 5, 0x10), ...NO_SCHEME],
  }),
  base('TestParms of a keyed hash', 0x18a, { fields: [alg(8), alg(5), SHA256] }),
  base('TestParms of a cipher', 0x18a, { fields: [alg(0x25), ...AES] }),
  base('Commit', 0x18b, {
    handles: [A],
    auths: 1,
    fields: [box(...POINT), sized('', 128), sized('', 48)],
    loads: ['eccSign'],
  }),
  ...withEach(
    base('Commit', 0x18b, {
      handles: [A],
      auths: 1,
      fields: [box(sized('', 48), sized('', 48)), sized('', 128), sized('', 48)],
    }),
    each,
  ),
  ...onPolicy('PolicyPassword', 0x18c),
  ...onPolicy('PolicyNvWritten', 0x18f, [YES_NO]),
];
