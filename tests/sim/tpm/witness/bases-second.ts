import { alg, bits, box, handle, made, raw, sized, u16, u32, u64 } from './fields.ts';
import type { Base } from './shapes.ts';
import { base, withEach, each, AES, NO_SCHEME, ECDSA, SHA256, PCRS, HIERARCHY, NOTHING, ticket, sensitive, eccArea, rest, AREAS, signature, DIGEST, POINT, quoting, OPEN, A, POLICY, HMAC } from './shapes.ts';
import { NULL } from './world.ts';

/** Commands in the order of their codes, right: objects and signatures. */
export const SECOND_BASES: readonly Base[] = [
  ...AREAS.map(([what, secret, area]) =>
    base(`Create ${what}`, 0x153, {
      handles: [A],
      auths: 1,
      fields: [secret, area, ...rest],
      loads: ['eccStorage'],
    }),
  ),
  ...withEach(
    base('Create', 0x153, {
      handles: [A],
      auths: 1,
      fields: [sensitive(), eccArea(0x40472, ECDSA), ...rest],
    }),
    each,
  ),
  base('ECDH_ZGen', 0x154, { handles: [A], auths: 1, fields: [box(...POINT)], loads: ['ecdh'] }),
  ...withEach(base('ECDH_ZGen', 0x154, { handles: [A], auths: 1, fields: [box(...POINT)] }), each),
  base('HMAC', 0x155, {
    handles: [A],
    auths: 1,
    fields: [sized('616263', 1024), SHA256],
    loads: ['hmacKey'],
  }),
  base('HMAC of an open key', 0x155, {
    handles: [A],
    auths: 1,
    fields: [sized('616263', 1024), SHA256],
    loads: ['hmacOpen'],
  }),
  ...withEach(base('HMAC', 0x155, { handles: [A], auths: 1, fields: [sized('616263', 1024), SHA256] }), each),
  base('Import', 0x156, {
    handles: [A],
    auths: 1,
    fields: [
      sized('', 66),
      eccArea(0x40440, ECDSA),
      sized('00'.repeat(70), 908),
      sized('', 256),
      ...NO_SCHEME,
    ],
    loads: ['eccStorage'],
  }),
  base('Import with a cipher', 0x156, {
    handles: [A],
    auths: 1,
    fields: [
      sized('11'.repeat(16), 66),
      eccArea(0x40440, ECDSA),
      sized('00'.repeat(70), 908),
      sized('00'.repeat(32), 256),
      ...AES,
    ],
    loads: ['eccStorage'],
  }),
  ...withEach(
    base('Import', 0x156, {
      handles: [A],
      auths: 1,
      fields: [
        sized('', 66),
        eccArea(0x40440, ECDSA),
        sized('00'.repeat(70), 908),
        sized('', 256),
        ...NO_SCHEME,
      ],
    }),
    each,
  ),
  base('Load', 0x157, {
    handles: [A],
    auths: 1,
    fields: [sized(made('child.private'), 908), box(raw(made('child.public')))],
    loads: ['eccStorage'],
  }),
  base('Load of any area', 0x157, {
    handles: [A],
    auths: 1,
    fields: [sized(made('child.private'), 908), eccArea(0x40472, ECDSA)],
    loads: ['eccStorage'],
  }),
  ...withEach(
    base('Load', 0x157, {
      handles: [A],
      auths: 1,
      fields: [sized(made('child.private'), 908), box(raw(made('child.public')))],
    }),
    each,
  ),
  base('Quote', 0x158, { handles: [A], auths: 1, fields: [...quoting, ...PCRS], loads: ['eccAik'] }),
  base('Quote with a scheme', 0x158, {
    handles: [A],
    auths: 1,
    fields: [...OPEN.scheme, ...PCRS],
    loads: ['eccOpen'],
  }),
  ...withEach(base('Quote', 0x158, { handles: [A], auths: 1, fields: [...quoting, ...PCRS] }), each),
  base('RSA_Decrypt', 0x159, {
    handles: [A],
    auths: 1,
    fields: [sized('01'.repeat(256), 256), alg(0x15), sized('', 66)],
    loads: ['rsaOpen'],
  }),
  base('RSA_Decrypt without padding', 0x159, {
    handles: [A],
    auths: 1,
    fields: [sized('01'.repeat(256), 256), alg(0x10), sized('6100', 66)],
    loads: ['rsaOpen'],
  }),
  ...withEach(
    base('RSA_Decrypt', 0x159, {
      handles: [A],
      auths: 1,
      fields: [sized('01'.repeat(256), 256), alg(0x10), sized('', 66)],
    }),
    each,
  ),
  base('HMAC_Start', 0x15b, { handles: [A], auths: 1, fields: [sized(''), SHA256], loads: ['hmacKey'] }),
  ...withEach(base('HMAC_Start', 0x15b, { handles: [A], auths: 1, fields: [sized(''), SHA256] }), each),
  base('SequenceUpdate', 0x15c, {
    handles: [A],
    auths: 1,
    fields: [sized('6162', 1024)],
    loads: ['hashSequence'],
  }),
  ...withEach(base('SequenceUpdate', 0x15c, { handles: [A], auths: 1, fields: [sized('6162', 1024)] }), each),
  base('Sign', 0x15d, {
    handles: [A],
    auths: 1,
    fields: [DIGEST, ...NO_SCHEME, ...ticket(0x8024)],
    loads: ['eccSign'],
  }),
  base('Sign with a scheme', 0x15d, {
    handles: [A],
    auths: 1,
    fields: [DIGEST, ...ECDSA, ...ticket(0x8024)],
    loads: ['eccOpen'],
  }),
  base('Sign by RSA', 0x15d, {
    handles: [A],
    auths: 1,
    fields: [DIGEST, alg(0x14), SHA256, ...ticket(0x8024)],
    loads: ['rsaOpen'],
  }),
  base('Sign with a ticket', 0x15d, {
    handles: [A],
    auths: 1,
    fields: [DIGEST, ...NO_SCHEME, raw(made('abc.ticket'))],
    loads: ['eccAik'],
  }),
  ...withEach(
    base('Sign', 0x15d, { handles: [A], auths: 1, fields: [DIGEST, ...NO_SCHEME, ...ticket(0x8024)] }),
    each,
  ),
  ...withEach(
    base('Sign with a ticket', 0x15d, {
      handles: [A],
      auths: 1,
      fields: [DIGEST, ...NO_SCHEME, raw(made('abc.ticket'))],
    }),
    each,
  ),
  base('Unseal', 0x15e, { handles: [A], auths: 1, loads: ['sealed'] }),
  ...withEach(base('Unseal', 0x15e, { handles: [A], auths: 1 }), each),
  base('PolicySigned', 0x160, {
    handles: [A, POLICY],
    fields: [
      NOTHING,
      NOTHING,
      NOTHING,
      u32(0, 1, 0xffffff00),
      ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48)),
    ],
    loads: ['eccSign'],
    sessions: ['policy'],
  }),
  base('PolicySigned (trial)', 0x160, {
    handles: [A, POLICY],
    fields: [
      NOTHING,
      NOTHING,
      NOTHING,
      u32(0, 1, 0xffffff00),
      ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48)),
    ],
    loads: ['eccSign'],
    sessions: ['trial'],
  }),
  base('PolicySigned by RSA', 0x160, {
    handles: [A, POLICY],
    fields: [NOTHING, NOTHING, NOTHING, u32(0), ...signature(0x14, sized('11'.repeat(256), 256))],
    loads: ['rsaSign'],
    sessions: ['policy'],
  }),
  ...withEach(
    base('PolicySigned', 0x160, {
      handles: [A, POLICY],
      fields: [
        NOTHING,
        NOTHING,
        NOTHING,
        u32(0),
        ...signature(0x18, sized('11'.repeat(32), 48), sized('22'.repeat(32), 48)),
      ],
      sessions: ['policy'],
    }),
    each,
  ),
  base('ContextLoad', 0x161, { fields: [raw(made('eccSign'))] }),
  base('ContextLoad of nothing', 0x161, {
    fields: [u64(1, 0), handle(A), HIERARCHY, sized('00'.repeat(40), 2048)],
  }),
  base('ContextSave', 0x162, { handles: [A], loads: ['eccSign'] }),
  base('ContextSave of a session', 0x162, { handles: [HMAC], sessions: ['hmac'] }),
  ...withEach(base('ContextSave', 0x162, { handles: [A] }), each),
  base('ECDH_KeyGen', 0x163, { handles: [A], loads: ['ecdh'] }),
  ...withEach(base('ECDH_KeyGen', 0x163, { handles: [A] }), each),
  base('FlushContext', 0x165, { fields: [handle(A)], loads: ['eccSign'] }),
  base('FlushContext of a session', 0x165, { fields: [handle(HMAC)], sessions: ['hmac'] }),
  base('LoadExternal', 0x167, { fields: [NOTHING, box(raw(made('eccSign.public'))), HIERARCHY] }),
  base('LoadExternal of any area', 0x167, {
    fields: [
      sized('', 300),
      box(
        alg(0x23),
        SHA256,
        bits(0x40440),
        NOTHING,
        ...NO_SCHEME,
        ...ECDSA,
        u16(3, 4, 5, 0x10),
        ...NO_SCHEME,
        ...POINT,
      ),
      HIERARCHY,
    ],
  }),
  base('LoadExternal with a secret', 0x167, {
    fields: [
      box(alg(0x23), NOTHING, NOTHING, sized(`${'00'.repeat(31)}01`, 48)),
      box(alg(0x23), SHA256, bits(0x40440), NOTHING, ...NO_SCHEME, ...ECDSA, u16(3), ...NO_SCHEME, ...POINT),
      handle(NULL),
    ],
  }),
  base('LoadExternal of RSA', 0x167, {
    fields: [
      sized('', 300),
      box(
        alg(1),
        SHA256,
        bits(0x40440),
        NOTHING,
        ...NO_SCHEME,
        alg(0x14),
        SHA256,
        u16(2048, 1024),
        u32(0, 3, 65537),
        sized('c1'.repeat(256), 256),
      ),
      HIERARCHY,
    ],
  }),
];
