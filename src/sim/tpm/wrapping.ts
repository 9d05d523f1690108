import { ALG, demand, RC } from './codes.ts';
import { digestSize, hmac, kdfA, sameBytes } from './hashes.ts';
import type { KeyObject } from './objects.ts';
import { aes } from './parameter-encryption.ts';
import type { Sensitive } from './public-area.ts';
import { readSensitive, sensitiveBytes } from './public-area.ts';
import { CommandReader } from './reader.ts';
import { MAX_DIGEST } from './hashes.ts';
import { written } from './writer.ts';

const BLOCK_SIZE = 16;
const EMPTY = new Uint8Array();

/** What protects something that leaves the TPM: a seed, and the key whose algorithms are used. */
export interface Wrap {
  readonly seed: Uint8Array;
  readonly hash: number;
  readonly keyBits: number;
}

/** The wrap of what a parent protects. */
export const wrapOf = ({ area, sensitive }: KeyObject, seed = sensitive!.seed): Wrap => ({
  seed,
  hash: area.nameAlg,
  keyBits: area.parameters.symmetric?.keyBits ?? 128,
});

const cipherKey = ({ seed, hash, keyBits }: Wrap, name: Uint8Array): Uint8Array =>
  kdfA(hash, seed, { label: 'STORAGE', u: name, v: EMPTY }, keyBits);

const integrityKey = ({ seed, hash }: Wrap): Uint8Array =>
  kdfA(hash, seed, { label: 'INTEGRITY', u: EMPTY, v: EMPTY }, digestSize(hash) * 8);

/** Integrity over an encrypted body and the object's name, then the body. [TPM2 Part 1, 24] */
export function seal(wrap: Wrap, name: Uint8Array, plain: Uint8Array, iv?: Uint8Array): Uint8Array {
  const encrypt = aes(true, ALG.cfb, cipherKey(wrap, name), iv ?? new Uint8Array(BLOCK_SIZE));
  const body = written((writer) => {
    if (iv !== undefined) writer.sized(iv);
    writer.bytes(encrypt(plain));
  });
  const integrity = hmac(wrap.hash, integrityKey(wrap), body, name);
  return written((writer) => writer.sized(integrity).bytes(body));
}

/** @throws Refusal TPM_RC_INTEGRITY when the wrap or the name is another one. */
export function unseal(wrap: Wrap, name: Uint8Array, blob: Uint8Array, hasIv: boolean): Uint8Array {
  const reader = new CommandReader(blob);
  const integrity = reader.sized(MAX_DIGEST);
  const body = reader.peek();
  demand(sameBytes(integrity, hmac(wrap.hash, integrityKey(wrap), body, name)), RC.integrity);
  const iv = hasIv ? reader.sized(BLOCK_SIZE) : new Uint8Array(BLOCK_SIZE);
  return aes(false, ALG.cfb, cipherKey(wrap, name), iv)(reader.peek());
}

const boxed = (bytes: Uint8Array): Uint8Array => written((writer) => writer.sized(bytes));

/** TPM2B_PRIVATE of an object under `parent`. [TPM2 Object_spt.c SensitiveToPrivate] */
export const wrapSensitive = (
  parent: KeyObject,
  name: Uint8Array,
  sensitive: Sensitive,
  iv: Uint8Array,
): Uint8Array => seal(wrapOf(parent), name, boxed(sensitiveBytes(sensitive)), iv);

/** The sensitive area that its parent had wrapped. @throws TPM_RC_INTEGRITY when it was changed */
export function unwrapSensitive(parent: KeyObject, name: Uint8Array, blob: Uint8Array): Sensitive {
  const reader = new CommandReader(unseal(wrapOf(parent), name, blob, true));
  return reader.boxed(readSensitive);
}
