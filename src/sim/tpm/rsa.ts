import { checkPrimeSync } from 'node:crypto';
import type { Random } from '../random.ts';
import { ALG, demand, RC } from './codes.ts';
import { digest, digestSize, sameBytes } from './hashes.ts';
import { inverse, modulo, power, toBytes, toNumber } from './numbers.ts';

/** What an exponent of 0 stands for. */
export const DEFAULT_EXPONENT = 0x10001;

/** The algorithm's name in DER, which stands before a digest in a signature. [RFC 8017, 9.2] */
const DER: Readonly<Record<number, string>> = {
  [ALG.sha1]: '3021300906052b0e03021a05000414',
  [ALG.sha256]: '3031300d060960864801650304020105000420',
  [ALG.sha384]: '3041300d060960864801650304020205000430',
  [ALG.sha512]: '3051300d060960864801650304020305000440',
};

/** The public half of an RSA key. */
export interface RsaPublic {
  readonly n: bigint;
  readonly e: bigint;
  /** Bytes of the modulus. */
  readonly size: number;
}

/** Both factors of a modulus, from one of them. */
export interface RsaPrivate extends RsaPublic {
  readonly p: bigint;
}

/** A prime of `size` bytes whose two top bits are set, drawn from a seed. */
function drawPrime(random: Random, size: number, e: bigint): bigint {
  for (;;) {
    const bytes = random.bytes(size);
    bytes[0]! |= 0xc0;
    bytes[size - 1]! |= 1;
    const candidate = toNumber(bytes);
    if ((candidate - 1n) % e !== 0n && checkPrimeSync(candidate)) return candidate;
  }
}

/** Makes a key of this many bits; an exponent of 0 is the default one. */
export function drawRsaKey(random: Random, bits: number, exponent: number): RsaPrivate {
  const e = BigInt(exponent === 0 ? DEFAULT_EXPONENT : exponent);
  const p = drawPrime(random, bits / 16, e);
  const q = drawPrime(random, bits / 16, e);
  return { n: p * q, e, p, size: bits / 8 };
}

/** The bare operation with the public key, without padding. */
export const rsaPublic = ({ n, e }: RsaPublic, message: bigint): bigint => power(message, e, n);

/** With the Chinese remainder theorem. [RFC 8017, 5.1.2] */
export function rsaPrivate({ n, e, p }: RsaPrivate, message: bigint): bigint {
  const q = n / p;
  const m1 = power(message, inverse(e, p - 1n), p);
  const m2 = power(message, inverse(e, q - 1n), q);
  return m2 + modulo(inverse(q, p) * (m1 - m2), p) * q;
}

/** [RFC 8017, B.2.1] */
function mgf1(alg: number, seed: Uint8Array, size: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 0; counter * digestSize(alg) < size; counter++)
    blocks.push(digest(alg, seed, Uint8Array.of(counter >>> 24, counter >>> 16, counter >>> 8, counter)));
  return Buffer.concat(blocks).subarray(0, size);
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, at) => byte ^ b[at]!);

/** PKCS #1 v1.5 for signatures; without a hash the digest goes in bare. [RFC 8017, 9.2] */
export function padRsassa(alg: number, value: Uint8Array, size: number): Uint8Array {
  const info = Buffer.concat([Buffer.from(DER[alg] ?? '', 'hex'), value]);
  demand(info.length + 11 <= size, RC.size);
  return Buffer.concat([
    Uint8Array.of(0, 1),
    Buffer.alloc(size - info.length - 3, 0xff),
    Uint8Array.of(0),
    info,
  ]);
}

/** [RFC 8017, 9.1.1] */
export function padPss(alg: number, value: Uint8Array, salt: Uint8Array, size: number): Uint8Array {
  const hash = digest(alg, new Uint8Array(8), value, salt);
  const db = Buffer.concat([Buffer.alloc(size - salt.length - hash.length - 2), Uint8Array.of(1), salt]);
  const masked = xor(db, mgf1(alg, hash, db.length));
  masked[0]! &= 0x7f;
  return Buffer.concat([masked, hash, Uint8Array.of(0xbc)]);
}

/** [RFC 8017, 9.1.2] */
export function checkPss(alg: number, value: Uint8Array, padded: Uint8Array): boolean {
  const hashSize = digestSize(alg);
  const end = padded.length - hashSize - 1;
  if (end < 1 || padded[padded.length - 1] !== 0xbc) return false;
  const hash = padded.subarray(end, end + hashSize);
  const db = xor(padded.subarray(0, end), mgf1(alg, hash, end));
  db[0]! &= 0x7f;
  const one = db.findIndex((byte) => byte !== 0);
  return db[one] === 1 && sameBytes(hash, digest(alg, new Uint8Array(8), value, db.subarray(one + 1)));
}

/** Hashes that the chip pads with, for OAEP and PSS. [EC rsa.c] */
const PADDED_WITH: readonly number[] = [ALG.sha1, ALG.sha256];

/** @throws Refusal TPM_RC_VALUE when the chip does not pad with this hash. */
export function demandOaep(alg: number): void {
  demand(PADDED_WITH.includes(alg), RC.value);
}

/** Whether the chip signs and verifies by PSS with this hash. */
export const hasPss = (alg: number): boolean => PADDED_WITH.includes(alg);

/** Hash and label of OAEP. [RFC 8017, 7.1] */
export interface OaepInput {
  readonly alg: number;
  /** With its terminating NUL. */
  readonly label: Uint8Array;
}

/** [RFC 8017, 7.1.1] @throws Refusal TPM_RC_VALUE when the message does not fit. */
export function padOaep(
  { alg, label }: OaepInput,
  message: Uint8Array,
  seed: Uint8Array,
  size: number,
): Uint8Array {
  const hash = digest(alg, label);
  const fill = size - message.length - 2 * hash.length - 2;
  demand(fill >= 0, RC.value);
  const db = Buffer.concat([hash, Buffer.alloc(fill), Uint8Array.of(1), message]);
  const maskedDb = xor(db, mgf1(alg, seed, db.length));
  return Buffer.concat([Uint8Array.of(0), xor(seed, mgf1(alg, maskedDb, seed.length)), maskedDb]);
}

/** @throws Refusal TPM_RC_VALUE when the padding is wrong. */
export function unpadOaep({ alg, label }: OaepInput, padded: Uint8Array): Uint8Array {
  const hashSize = digestSize(alg);
  demand(padded.length >= 2 * hashSize + 2 && padded[0] === 0, RC.value);
  const maskedDb = padded.subarray(1 + hashSize);
  const seed = xor(padded.subarray(1, 1 + hashSize), mgf1(alg, maskedDb, hashSize));
  const db = xor(maskedDb, mgf1(alg, seed, maskedDb.length));
  const one = db.findIndex((byte, at) => at >= hashSize && byte !== 0);
  demand(db[one] === 1 && sameBytes(db.subarray(0, hashSize), digest(alg, label)), RC.value);
  return db.slice(one + 1);
}

/** PKCS #1 v1.5 for encryption; `draw` gives bytes that are not 0. [RFC 8017, 7.2.1] */
export function padRsaes(message: Uint8Array, draw: (count: number) => Uint8Array, size: number): Uint8Array {
  const fill = size - message.length - 3;
  demand(fill >= 8, RC.value);
  const padding = draw(fill).map((byte) => (byte === 0 ? 1 : byte));
  return Buffer.concat([Uint8Array.of(0, 2), padding, Uint8Array.of(0), message]);
}

/** The message inside a padding of RSAES-PKCS1-v1_5. [RFC 8017, 7.2] @throws TPM_RC_VALUE */
export function unpadRsaes(padded: Uint8Array): Uint8Array {
  const zero = padded.indexOf(0, 2);
  demand(padded[0] === 0 && padded[1] === 2 && zero >= 10, RC.value);
  return padded.slice(zero + 1);
}

/** The cipher text of a padded message, as long as the modulus. */
export const encrypt = (key: RsaPublic, padded: Uint8Array): Uint8Array =>
  toBytes(rsaPublic(key, toNumber(padded)), key.size);

/** The padded message of a cipher text, as long as the modulus. */
export const decrypt = (key: RsaPrivate, cipher: Uint8Array): Uint8Array =>
  toBytes(rsaPrivate(key, toNumber(cipher)), key.size);
