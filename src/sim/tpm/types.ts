import { ALG, demand, RC, RH, ST, typeOfHandle, HT } from './codes.ts';
import { digestSize, hashOf, HASHES, MAX_DIGEST } from './hashes.ts';
import type { CommandReader } from './reader.ts';
import type { ResponseWriter } from './writer.ts';

/** [CHIP 5.1] */
export const PCR_COUNT = 24;
export const SELECT_BYTES = 3;
/** Sizes of what a command may bring. [CHIP 5.1] [TPM2 Implementation.h] */
export const MAX_DIGEST_BUFFER = 1024;
export const MAX_NV_BUFFER = 1024;
export const MAX_NV_INDEX = 2048;
export const MAX_SYM_DATA = 128;
export const MAX_RSA_BYTES = 256;
export const MAX_ECC_BYTES = 48;
/** TPM2B_DATA holds a TPMT_HA, TPM2B_NAME a TPMU_NAME, which is a whole number of words. */
export const MAX_DATA = 2 + MAX_DIGEST;
export const MAX_NAME = 68;
/** TPM2B_PRIVATE: two digests and the largest TPMT_SENSITIVE. */
export const MAX_PRIVATE = 908;

/** TPM2B_DIGEST, or any other that may be as long. */
export const readDigest = (reader: CommandReader): Uint8Array => reader.sized(MAX_DIGEST);

/** A hash algorithm of the library; TPM_ALG_NULL where that is allowed. */
export function readHash(reader: CommandReader, allowsNull = false): number {
  const alg = reader.u16();
  demand(hashOf(alg) !== undefined || (allowsNull && alg === ALG.null), RC.hash);
  return alg;
}

const HIERARCHIES: readonly number[] = [RH.owner, RH.endorsement, RH.platform];

/** TPMI_RH_HIERARCHY. @throws TPM_RC_VALUE */
export function readHierarchy(reader: CommandReader, allowsNull = true): number {
  const hierarchy = reader.u32();
  demand(HIERARCHIES.includes(hierarchy) || (allowsNull && hierarchy === RH.null), RC.value);
  return hierarchy;
}

/** TPMI_YES_NO. @throws TPM_RC_VALUE */
export function readYesNo(reader: CommandReader): boolean {
  const value = reader.u8();
  demand(value <= 1, RC.value);
  return value === 1;
}

/** Every value of TPM_ST; a ticket's tag may be any of them. */
const TAGS: ReadonlySet<number> = new Set([...Object.values(ST), 0x8015]);

/** What the TPM vouches for with its own proof. [TPM2 Part 2, 10.7] */
export interface Ticket {
  readonly tag: number;
  readonly hierarchy: number;
  readonly digest: Uint8Array;
}

/** A ticket out of a command. @throws TPM_RC_VALUE */
export function readTicket(reader: CommandReader): Ticket {
  const tag = reader.u16();
  demand(TAGS.has(tag), RC.value);
  return { tag, hierarchy: readHierarchy(reader), digest: readDigest(reader) };
}

/** A ticket that vouches for nothing. */
export const emptyTicket = (tag: number): Ticket => ({ tag, hierarchy: RH.null, digest: new Uint8Array() });

/** A ticket into a response. */
export function writeTicket(response: ResponseWriter, { tag, hierarchy, digest }: Ticket): void {
  response.u16(tag).u32(hierarchy).sized(digest);
}

/** PCRs of one bank. */
export interface PcrSelection {
  readonly alg: number;
  readonly pcrs: readonly number[];
}

/** TPML_PCR_SELECTION: at most one for each bank. [TPM2 Part 2, 10.9.7] [CHIP 5.5] */
export function readPcrSelections(reader: CommandReader): PcrSelection[] {
  const count = reader.u32();
  demand(count <= HASHES.length, RC.size);
  return Array.from({ length: count }, () => {
    const alg = readHash(reader);
    demand(reader.u8() === SELECT_BYTES, RC.value);
    return { alg, pcrs: pcrsOf(reader.take(SELECT_BYTES)) };
  });
}

/** Numbers of all PCRs. */
export const ALL_PCRS: readonly number[] = Array.from({ length: PCR_COUNT }, (_, pcr) => pcr);

const pcrsOf = (bits: Uint8Array): number[] =>
  ALL_PCRS.filter((pcr) => ((bits[pcr >> 3]! >> (pcr & 7)) & 1) === 1);

/** A bit for each PCR, the first in bit 0 of the first byte. */
export function selectBits(pcrs: readonly number[]): Uint8Array {
  const bits = new Uint8Array(SELECT_BYTES);
  for (const pcr of pcrs) bits[pcr >> 3]! |= 1 << (pcr & 7);
  return bits;
}

/** TPML_PCR_SELECTION into a response. */
export function writePcrSelections(response: ResponseWriter, selections: readonly PcrSelection[]): void {
  response.u32(selections.length);
  for (const { alg, pcrs } of selections) response.u16(alg).u8(SELECT_BYTES).bytes(selectBits(pcrs));
}

/** TPML_DIGEST_VALUES: at most one for each bank; TPM_ALG_NULL has no digest. */
export function readDigestValues(reader: CommandReader): (readonly [number, Uint8Array])[] {
  const count = reader.u32();
  demand(count <= HASHES.length, RC.size);
  return Array.from({ length: count }, () => {
    const alg = readHash(reader, true);
    return [alg, reader.take(digestSize(alg))] as const;
  });
}

/** A symmetric algorithm; for XOR `keyBits` is its hash. [TPM2 Part 2, 11.1.6 and 11.1.7] */
export interface Symmetric {
  readonly alg: number;
  readonly keyBits: number;
  readonly mode: number;
}

const NO_SYMMETRIC: Symmetric = { alg: ALG.null, keyBits: 0, mode: ALG.null };
const MODES: readonly number[] = [ALG.ctr, ALG.ofb, ALG.cbc, ALG.cfb, ALG.ecb];
const AES_KEY_BITS: readonly number[] = [128, 256];

/** TPMT_SYM_DEF, or TPMT_SYM_DEF_OBJECT, which has no XOR. @throws TPM_RC_SYMMETRIC, TPM_RC_VALUE, TPM_RC_MODE */
export function readSymmetric(reader: CommandReader, allowsXor: boolean): Symmetric {
  const alg = reader.u16();
  if (alg === ALG.null) return NO_SYMMETRIC;
  if (allowsXor && alg === ALG.xor) return { alg, keyBits: readHash(reader), mode: ALG.null };
  demand(alg === ALG.aes, RC.symmetric);
  const keyBits = reader.u16();
  demand(AES_KEY_BITS.includes(keyBits), RC.value);
  const mode = reader.u16();
  demand(MODES.includes(mode), RC.mode);
  return { alg, keyBits, mode };
}

/** The same into a response. */
export function writeSymmetric(writer: ResponseWriter, { alg, keyBits, mode }: Symmetric): void {
  writer.u16(alg);
  if (alg !== ALG.null) writer.u16(keyBits).u16(mode);
}

/** A scheme and the hash it uses; TPM_ALG_NULL where it has none. */
export interface Scheme {
  readonly alg: number;
  readonly hash: number;
  /** Of a keyed hash with XOR only. */
  readonly kdf?: number;
}

/** TPM_ALG_NULL in the place of a scheme. */
export const NO_SCHEME: Scheme = { alg: ALG.null, hash: ALG.null };

/** Which schemes a place allows, and the code for any other. */
export interface SchemeKind {
  readonly allowed: readonly number[];
  readonly refusal: number;
}

/** Which schemes a place of a command takes, and how it refuses others. */
export const RSA_SCHEME: SchemeKind = {
  allowed: [ALG.rsaes, ALG.oaep, ALG.rsassa, ALG.rsapss],
  refusal: RC.value,
};
export const RSA_DECRYPT_SCHEME: SchemeKind = { allowed: [ALG.rsaes, ALG.oaep], refusal: RC.value };
export const ECC_SCHEME: SchemeKind = { allowed: [ALG.ecdsa, ALG.ecdh], refusal: RC.scheme };
export const SIGNATURE_SCHEME: SchemeKind = {
  allowed: [ALG.rsassa, ALG.rsapss, ALG.ecdsa, ALG.hmac],
  refusal: RC.scheme,
};
const KEYED_HASH_SCHEME: SchemeKind = { allowed: [ALG.hmac, ALG.xor], refusal: RC.value };
const KDFS: readonly number[] = [ALG.mgf1, ALG.kdf1Sp80056a, ALG.kdf1Sp800108];
const KDF_SCHEME: SchemeKind = { allowed: KDFS, refusal: RC.kdf };

/** RSASSA may go without a hash: it then only pads. */
const mayLackHash = (alg: number): boolean => alg === ALG.rsassa || alg === ALG.xor;

/** A scheme out of a command: algorithm, then hash, then key derivation where there is one. */
export function readScheme(reader: CommandReader, { allowed, refusal }: SchemeKind): Scheme {
  const alg = reader.u16();
  if (alg === ALG.null) return NO_SCHEME;
  demand(allowed.includes(alg), refusal);
  if (alg === ALG.rsaes) return { alg, hash: ALG.null };
  const hash = readHash(reader, mayLackHash(alg));
  if (alg !== ALG.xor) return { alg, hash };
  const kdf = reader.u16();
  demand(KDFS.includes(kdf), RC.kdf);
  return { alg, hash, kdf };
}

/** A scheme of key derivation, and one of a keyed hash, out of a command. */
export const readKdfScheme = (reader: CommandReader): Scheme => readScheme(reader, KDF_SCHEME);
export const readKeyedHashScheme = (reader: CommandReader): Scheme => readScheme(reader, KEYED_HASH_SCHEME);

/** A scheme into a response or a public area. */
export function writeScheme(writer: ResponseWriter, { alg, hash, kdf }: Scheme): void {
  writer.u16(alg);
  if (alg === ALG.null || alg === ALG.rsaes) return;
  writer.u16(hash);
  if (kdf !== undefined) writer.u16(kdf);
}

/** TPMT_SIGNATURE. [TPM2 Part 2, 11.3.4] */
export interface Signature {
  readonly alg: number;
  readonly hash: number;
  /** RSA: the signature; ECDSA: r and s; HMAC: the digest. */
  readonly parts: readonly Uint8Array[];
}

/** TPMT_SIGNATURE out of a command. [TPM2 Part 2, 11.3.4] */
export function readSignature(reader: CommandReader): Signature {
  const alg = reader.u16();
  if (alg === ALG.null) return { alg, hash: ALG.null, parts: [] };
  demand(SIGNATURE_SCHEME.allowed.includes(alg), RC.scheme);
  const hash = readHash(reader, alg === ALG.hmac);
  if (alg === ALG.hmac) return { alg, hash, parts: [reader.take(digestSize(hash))] };
  if (alg !== ALG.ecdsa) return { alg, hash, parts: [reader.sized(MAX_RSA_BYTES)] };
  return { alg, hash, parts: [reader.sized(MAX_ECC_BYTES), reader.sized(MAX_ECC_BYTES)] };
}

/** The same into a response. */
export function writeSignature(writer: ResponseWriter, { alg, hash, parts }: Signature): void {
  writer.u16(alg);
  if (alg === ALG.null) return;
  writer.u16(hash);
  if (alg === ALG.hmac) writer.bytes(parts[0]!);
  else for (const part of parts) writer.sized(part);
}

/** Loaded objects, and sessions of one kind, that handles are given for. [CHIP 5.1] */
const MAX_OBJECTS = 3;
const MAX_SESSIONS = 64;

/** How many handles of a type there are; of other types, all. [TPM2 tpm_types.h] */
const COUNTS: Readonly<Record<number, number>> = {
  [HT.pcr]: PCR_COUNT,
  [HT.hmacSession]: MAX_SESSIONS,
  [HT.policySession]: MAX_SESSIONS,
  [HT.transient]: MAX_OBJECTS,
};

/** Whether a handle is of one of these types, and within the range of its type. */
function isIn(handle: number, types: readonly number[]): boolean {
  const type = typeOfHandle(handle);
  return types.includes(type) && (handle & 0xffffff) < (COUNTS[type] ?? Infinity);
}

/** What unmarshalling allows a handle of a command to be. The library names no handle when it fails. [CHIP 5.5] */
export type HandleKind = (handle: number) => boolean;

const anyOf =
  (...handles: readonly number[]): HandleKind =>
  (handle) =>
    handles.includes(handle);
const either =
  (a: HandleKind, b: HandleKind): HandleKind =>
  (handle) =>
    a(handle) || b(handle);

const isNull = anyOf(RH.null);
const isPcr: HandleKind = (handle) => isIn(handle, [HT.pcr]);
const isObject: HandleKind = (handle) => isIn(handle, [HT.transient, HT.persistent]);
/** TPM_RH_AUTH_00 to FF: unmarshalling takes them, and nothing stands behind them. [TPM2 Entity.c] */
export const isVendorAuth: HandleKind = (handle) => handle >= 0x40000010 && handle <= 0x4000010f;
const isNvIndex: HandleKind = (handle) => isIn(handle, [HT.nvIndex]);

/** Which handles a place of a command takes. [TPM2 Part 2, 9] */
export const HANDLE = {
  object: isObject,
  objectOrNull: either(isObject, isNull),
  pcr: isPcr,
  pcrOrNull: either(isPcr, isNull),
  nvIndex: isNvIndex,
  nvAuth: either(isNvIndex, anyOf(RH.platform, RH.owner)),
  provision: anyOf(RH.platform, RH.owner),
  platform: anyOf(RH.platform),
  lockout: anyOf(RH.lockout),
  clear: anyOf(RH.lockout, RH.platform),
  endorsement: anyOf(RH.endorsement),
  hierarchy: anyOf(...HIERARCHIES),
  hierarchyOrNull: anyOf(...HIERARCHIES, RH.null),
  hierarchyAuth: anyOf(...HIERARCHIES, RH.lockout),
  policySession: (handle: number) => isIn(handle, [HT.policySession]),
  hmacSession: (handle: number) => isIn(handle, [HT.hmacSession]),
  context: (handle: number) => isIn(handle, [HT.hmacSession, HT.policySession, HT.transient]),
  session: (handle: number) => isIn(handle, [HT.hmacSession, HT.policySession]),
  entity: (handle: number) =>
    isIn(handle, [HT.pcr, HT.nvIndex, HT.transient, HT.persistent]) ||
    [...HIERARCHIES, RH.lockout].includes(handle) ||
    isVendorAuth(handle),
  entityOrNull: (handle: number): boolean => handle === RH.null || HANDLE.entity(handle),
} as const satisfies Record<string, HandleKind>;
