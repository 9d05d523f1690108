import { createHash, createHmac } from 'node:crypto';
import { ALG } from './codes.ts';

/** The hash algorithms, in the order of the banks, and what node:crypto calls them. [CHIP 5.5] */
export const HASHES: readonly { readonly alg: number; readonly name: string; readonly size: number }[] = [
  { alg: ALG.sha1, name: 'sha1', size: 20 },
  { alg: ALG.sha256, name: 'sha256', size: 32 },
  { alg: ALG.sha384, name: 'sha384', size: 48 },
  { alg: ALG.sha512, name: 'sha512', size: 64 },
];

/** The largest digest, which bounds nonces, authorizations and policies too. */
export const MAX_DIGEST = 64;

/** The hash with this number; undefined when the library has none. */
export const hashOf = (alg: number): (typeof HASHES)[number] | undefined =>
  HASHES.find((hash) => hash.alg === alg);

/** Bytes of a digest; 0 for TPM_ALG_NULL. */
export const digestSize = (alg: number): number => hashOf(alg)?.size ?? 0;

/** Bytes that the hash takes at a time; 0 for TPM_ALG_NULL. [FIPS 180-4, 1] */
export function blockSize(alg: number): number {
  const size = digestSize(alg);
  return size === 0 ? 0 : size > 32 ? 128 : 64;
}

/** `alg` is a hash algorithm of the library. */
export function digest(alg: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(hashOf(alg)!.name);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** HMAC over the parts, one after the other. */
export function hmac(alg: number, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(hashOf(alg)!.name, key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

const word = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** What KDFa mixes: its label and two contexts. */
export interface KdfInput {
  readonly label: string;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
}

/** KDFa. [TPM2 Part 1, 11.4.9.2] */
export function kdfA(alg: number, key: Uint8Array, { label, u, v }: KdfInput, bits: number): Uint8Array {
  const size = Math.ceil(bits / 8);
  const blocks: Uint8Array[] = [];
  const name = Buffer.from(`${label}\0`, 'latin1');
  for (let counter = 1; (counter - 1) * digestSize(alg) < size; counter++)
    blocks.push(hmac(alg, key, word(counter), name, u, v, word(bits)));
  return Buffer.concat(blocks).subarray(0, size);
}

/** A number as four bytes, most significant first. */
export const wordBytes = word;

/** Whether two arrays hold the same bytes. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Without the zeros at its end, which do not count in an authorization. [TPM2 Part 1, 17.6.4.3] */
export function trimmed(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return bytes.slice(0, length);
}
