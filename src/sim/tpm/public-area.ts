import { ALG, demand, RC } from './codes.ts';
import { digest } from './hashes.ts';
import type { CommandReader } from './reader.ts';
import type { Scheme, Symmetric } from './types.ts';
import {
  ECC_SCHEME,
  MAX_ECC_BYTES,
  MAX_RSA_BYTES,
  NO_SCHEME,
  readDigest,
  readHash,
  readKdfScheme,
  readKeyedHashScheme,
  readScheme,
  readSymmetric,
  RSA_SCHEME,
  writeScheme,
  writeSymmetric,
} from './types.ts';
import type { ResponseWriter } from './writer.ts';
import { written } from './writer.ts';

/** TPMA_OBJECT. [TPM2 Part 2, 8.3] */
export const OBJECT = {
  fixedTpm: 1 << 1,
  stClear: 1 << 2,
  fixedParent: 1 << 4,
  sensitiveDataOrigin: 1 << 5,
  userWithAuth: 1 << 6,
  adminWithPolicy: 1 << 7,
  noDa: 1 << 10,
  encryptedDuplication: 1 << 11,
  restricted: 1 << 16,
  decrypt: 1 << 17,
  sign: 1 << 18,
} as const;

const RESERVED = ~Object.values(OBJECT).reduce<number>((all, bit) => all | bit, 0);

/** Numbers of the curves. [TPM2 Part 2, 6.4] */
export const ECC_CURVE = { p256: 0x0003, p384: 0x0004, bnP256: 0x0010 } as const;
/** In the order in which GetCapability lists them. */
export const CURVES: readonly number[] = [ECC_CURVE.bnP256, ECC_CURVE.p256, ECC_CURVE.p384];
const RSA_KEY_BITS: readonly number[] = [1024, 2048];

/** What a public area says of its kind of key. [TPM2 Part 2, 12.2.3.7] */
export interface PublicParameters {
  readonly symmetric?: Symmetric;
  readonly scheme: Scheme;
  /** RSA only. */
  readonly keyBits?: number;
  readonly exponent?: number;
  /** ECC only. */
  readonly curve?: number;
  readonly kdf?: Scheme;
}

/** TPMT_PUBLIC. [TPM2 Part 2, 12.2.4] */
export interface PublicArea {
  readonly type: number;
  readonly nameAlg: number;
  readonly attributes: number;
  readonly authPolicy: Uint8Array;
  readonly parameters: PublicParameters;
  /** One part, or x and y of a point. */
  readonly unique: readonly Uint8Array[];
}

/** Whether the object has this attribute. */
export const has = ({ attributes }: Pick<PublicArea, 'attributes'>, bit: number): boolean =>
  (attributes & bit) !== 0;

const TYPES: readonly number[] = [ALG.rsa, ALG.keyedHash, ALG.ecc, ALG.symCipher];

/** The type of an object: RSA, ECC, keyed hash or symmetric cipher. @throws TPM_RC_TYPE */
export function readObjectType(reader: CommandReader): number {
  const type = reader.u16();
  demand(TYPES.includes(type), RC.type);
  return type;
}

/** TPMU_PUBLIC_PARMS. */
export function readParameters(reader: CommandReader, type: number): PublicParameters {
  if (type === ALG.keyedHash) return { scheme: readKeyedHashScheme(reader) };
  const symmetric = readSymmetric(reader, false);
  if (type === ALG.symCipher) return { symmetric, scheme: NO_SCHEME };
  return type === ALG.rsa ? readRsa(reader, symmetric) : readEcc(reader, symmetric);
}

function readRsa(reader: CommandReader, symmetric: Symmetric): PublicParameters {
  const scheme = readScheme(reader, RSA_SCHEME);
  const keyBits = reader.u16();
  demand(RSA_KEY_BITS.includes(keyBits), RC.value);
  return { symmetric, scheme, keyBits, exponent: reader.u32() };
}

function readEcc(reader: CommandReader, symmetric: Symmetric): PublicParameters {
  const scheme = readScheme(reader, ECC_SCHEME);
  const curve = reader.u16();
  demand(CURVES.includes(curve), RC.curve);
  return { symmetric, scheme, curve, kdf: readKdfScheme(reader) };
}

/** Both coordinates of a point: TPMS_ECC_POINT. */
export const readPoint = (reader: CommandReader): Uint8Array[] => [
  reader.sized(MAX_ECC_BYTES).slice(),
  reader.sized(MAX_ECC_BYTES).slice(),
];

function readUnique(reader: CommandReader, type: number): Uint8Array[] {
  if (type === ALG.ecc) return readPoint(reader);
  return [type === ALG.rsa ? reader.sized(MAX_RSA_BYTES).slice() : readDigest(reader).slice()];
}

/** TPMT_PUBLIC out of a command. [TPM2 Part 2, 12.2.4] */
export function readPublic(reader: CommandReader): PublicArea {
  const type = readObjectType(reader);
  const nameAlg = readHash(reader, true);
  const attributes = reader.u32();
  demand((attributes & RESERVED) === 0, RC.reservedBits);
  const authPolicy = readDigest(reader).slice();
  const parameters = readParameters(reader, type);
  return { type, nameAlg, attributes, authPolicy, parameters, unique: readUnique(reader, type) };
}

function writeParameters(writer: ResponseWriter, type: number, parameters: PublicParameters): void {
  const { symmetric, scheme, keyBits, exponent, curve, kdf } = parameters;
  if (symmetric !== undefined) writeSymmetric(writer, symmetric);
  if (type !== ALG.symCipher) writeScheme(writer, scheme);
  if (keyBits !== undefined) writer.u16(keyBits).u32(exponent!);
  if (curve !== undefined) writer.u16(curve);
  if (kdf !== undefined) writeScheme(writer, kdf);
}

/** The parameters alone, as bytes. */
export const parameterBytes = ({ type, parameters }: PublicArea): Uint8Array =>
  written((writer) => {
    writeParameters(writer, type, parameters);
  });

/** The same as bytes. */
export function publicBytes(area: PublicArea): Uint8Array {
  return written((writer) => {
    writer.u16(area.type).u16(area.nameAlg).u32(area.attributes).sized(area.authPolicy);
    writer.bytes(parameterBytes(area));
    for (const part of area.unique) writer.sized(part);
  });
}

/** The name of an object: the digest of its public area; none without a hash. [TPM2 Part 1, 16] */
export function nameOf(area: PublicArea): Uint8Array {
  if (area.nameAlg === ALG.null) return new Uint8Array();
  return written((writer) => writer.u16(area.nameAlg).bytes(digest(area.nameAlg, publicBytes(area))));
}

/** TPMT_SENSITIVE. [TPM2 Part 2, 12.3.2.4] */
export interface Sensitive {
  readonly type: number;
  readonly auth: Uint8Array;
  readonly seed: Uint8Array;
  /** A prime, a scalar, data or a symmetric key. */
  readonly bits: Uint8Array;
}

/** The most bytes of the secret part, by type. */
const MAX_BITS: Readonly<Record<number, number>> = {
  [ALG.rsa]: MAX_RSA_BYTES / 2,
  [ALG.ecc]: MAX_ECC_BYTES,
  [ALG.keyedHash]: 128,
  [ALG.symCipher]: 32,
};

/** TPMT_SENSITIVE out of a command. [TPM2 Part 2, 12.3.2] */
export function readSensitive(reader: CommandReader): Sensitive {
  const type = readObjectType(reader);
  const auth = readDigest(reader).slice();
  const seed = readDigest(reader).slice();
  return { type, auth, seed, bits: reader.sized(MAX_BITS[type]!).slice() };
}

/** The same as bytes. */
export const sensitiveBytes = ({ type, auth, seed, bits }: Sensitive): Uint8Array =>
  written((writer) => writer.u16(type).sized(auth).sized(seed).sized(bits));
