import type { Field } from './fields.ts';
import { alg, bits, box, handle, made, raw, sized, u16, u32, u8 } from './fields.ts';
import type { SessionKind } from './world.ts';
import { NULL, OWNER, PLATFORM } from './world.ts';

export const LOCKOUT = 0x4000000a;
export const ENDORSEMENT = 0x4000000b;
/** Loaded objects by their slot. */
export const A = 0x80000000;
export const B = 0x80000001;
export const POLICY = 0x03000000;
export const HMAC = 0x02000000;
export const NV = 0x01800001;

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

export const base = (name: string, code: number, shape: Shape = {}, isVariant = false): Base => ({
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
export const withEach = (one: Base, loads: readonly (readonly string[])[]): Base[] =>
  loads.map((each) => ({ ...one, name: `${one.name} (${each.join(', ')})`, loads: each, isVariant: true }));

export const KINDS = [
  'rsaStorage',
  'eccStorage',
  'rsaSign',
  'rsaPss',
  'rsaOpen',
  'rsaOaep',
  'rsaEs',
  'rsaAik',
  'eccSign',
  'eccOpen',
  'ecdh',
  'eccAik',
  'hmacKey',
  'hmacOpen',
  'hmacRestricted',
  'sealed',
  'cipher',
  'withPolicy',
  'withAuth',
  'protected',
  'toDuplicate',
  'sealedWithPolicy',
  'platformKey',
  'nullKey',
  'eccSign.external',
  'rsaSign.external',
  'rsaStorage.external',
  'eccOpen.external',
  'hashSequence',
  'eventSequence',
  'hmacSequence',
] as const;
export const each = KINDS.map((kind) => [kind]);

export const AES = [alg(6), u16(128, 0, 64, 192, 256, 512), alg(0x43)];
export const NO_SCHEME = [alg(0x10)];
export const ECDSA = [alg(0x18), alg(0x0b)];
export const SHA256 = alg(0x0b);
export const PCRS = [u32(1, 0, 2, 4, 5, 16, 17, 0xffffffff), SHA256, u8(3, 0, 1, 2, 4, 255), raw('010000')];
export const HIERARCHY = handle(OWNER);
export const YES_NO = u8(1, 0, 2, 255);
export const NOTHING = sized('');
export const ticket = (tag: number, name?: string): Field[] =>
  name === undefined
    ? [u16(tag, 0, 0x8021, 0x8022, 0x8023, 0x8024, 0x8025), handle(NULL), NOTHING]
    : [raw(made(name))];

export const sensitive = (data = '', most = 128): Field => box(NOTHING, sized(data, most));
export const eccArea = (
  attributes: number,
  scheme: readonly Field[],
  symmetric: readonly Field[] = NO_SCHEME,
): Field =>
  box(
    alg(0x23),
    SHA256,
    bits(attributes),
    NOTHING,
    ...symmetric,
    ...scheme,
    u16(3, 0, 1, 2, 4, 5, 0x10, 0x20),
    ...NO_SCHEME,
    sized('', 48),
    sized('', 48),
  );
export const rsaArea = (
  attributes: number,
  scheme: readonly Field[],
  symmetric: readonly Field[] = NO_SCHEME,
): Field =>
  box(
    alg(1),
    SHA256,
    bits(attributes),
    NOTHING,
    ...symmetric,
    ...scheme,
    u16(1024, 0, 512, 1536, 2048, 3072, 4096),
    u32(0, 1, 3, 65537, 65539),
    sized('', 256),
  );
export const keyedArea = (attributes: number, scheme: readonly Field[]): Field =>
  box(alg(8), SHA256, bits(attributes), NOTHING, ...scheme, NOTHING);
export const cipherArea = (attributes: number): Field =>
  box(alg(0x25), SHA256, bits(attributes), NOTHING, ...AES, NOTHING);
export const rest = [sized('', 66), u32(0, 1, 4, 5)];

export const AREAS: readonly (readonly [string, Field, Field])[] = [
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

export const nvPublic = (index: number, attributes: number, size: number): Field =>
  box(handle(index), SHA256, bits(attributes), NOTHING, u16(size, 0, 1, 7, 8, 16, 32, 33, 1024, 2048, 2049));
export const nvOf = (name: string, code: number, fields: readonly Field[] = []): Base[] => {
  const one = base(name, code, { handles: [OWNER, NV], auths: 1, fields });
  const indexes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((each) => 0x01800000 + each);
  const others = [
    ...indexes.flatMap((index) => [
      [OWNER, index],
      [index, index],
      [PLATFORM, index],
    ]),
    [0x013fff00, 0x013fff00],
  ];
  return [
    one,
    ...others.map((handles) => ({
      ...one,
      name: `${name} (${handles.map((h) => h.toString(16)).join(', ')})`,
      handles,
      isVariant: true,
    })),
  ];
};

export const onPolicy = (name: string, code: number, fields: readonly Field[] = []): Base[] => [
  base(name, code, { handles: [POLICY], fields, sessions: ['policy'] }),
  base(`${name} (trial)`, code, { handles: [POLICY], fields, sessions: ['trial'] }, true),
];

export const signature = (algorithm: number, ...parts: readonly Field[]): Field[] => [
  alg(algorithm),
  SHA256,
  ...parts,
];
export const DIGEST = sized('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
export const GX = '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296';
export const GY = '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5';
export const POINT = [sized(GX, 48), sized(GY, 48)];
export const quoting = [sized('6162', 66), ...NO_SCHEME];
export const OPEN = { scheme: [sized('6162', 66), ...ECDSA] };
