import { ALG, demand, RC, RH } from './codes.ts';
import { coordinates, curveOf, isComputed, multiply } from './curves.ts';
import { Random } from '../random.ts';
import { blockSize, digest, digestSize } from './hashes.ts';
import { modulo, toBytes, toNumber } from './numbers.ts';
import type { KeyObject } from './objects.ts';
import type { PublicArea, Sensitive } from './public-area.ts';
import { has, nameOf, OBJECT, publicBytes } from './public-area.ts';
import { DEFAULT_EXPONENT, drawRsaKey } from './rsa.ts';
import { wordBytes } from './hashes.ts';

/** What the caller brings for a new object. [TPM2 Part 2, 11.1.15] */
export interface SensitiveCreate {
  readonly auth: Uint8Array;
  readonly data: Uint8Array;
}

/** A new key's public area with its unique part, and its secret part. */
export interface NewKey {
  readonly area: PublicArea;
  readonly sensitive: Sensitive;
}

/** Chance for a primary key: the same for the same seed and template, whatever its authorization. [TPM2 Part 1, 14] */
export function primaryRandom(seed: Uint8Array, area: PublicArea): Random {
  const value = digest(ALG.sha256, seed, publicBytes(area));
  return new Random(Buffer.from(value).readInt32BE());
}

function draw(area: PublicArea, random: Random): { unique: Uint8Array[]; bits: Uint8Array } {
  const { keyBits, exponent, curve: curveId } = area.parameters;
  if (area.type === ALG.rsa) {
    demand(exponent === 0 || exponent === DEFAULT_EXPONENT, RC.range);
    const key = drawRsaKey(random, keyBits!, exponent);
    return { unique: [toBytes(key.n, key.size)], bits: toBytes(key.p, key.size / 2) };
  }
  demand(isComputed(curveId!), RC.value);
  const curve = curveOf(curveId!);
  const d = 1n + modulo(toNumber(random.bytes(curve.size + 8)), curve.n - 1n);
  return { unique: coordinates(curve, multiply(curve, d, curve.g)!), bits: toBytes(d, curve.size) };
}

/** A symmetric key: given, or drawn. */
function symmetricKey(area: PublicArea, data: Uint8Array, random: Random): Uint8Array {
  const size = area.parameters.symmetric!.keyBits / 8;
  if (has(area, OBJECT.sensitiveDataOrigin)) return random.bytes(size);
  demand(data.length === size, RC.keySize);
  return data;
}

/** What a keyed hash keeps: given, or drawn. A key is at most as long as the block of its hash. */
function keyedBits(area: PublicArea, data: Uint8Array, random: Random): Uint8Array {
  const { scheme } = area.parameters;
  const alg = scheme.alg === ALG.null ? area.nameAlg : scheme.hash;
  if (has(area, OBJECT.sensitiveDataOrigin)) return random.bytes(digestSize(alg));
  const isKey = has(area, OBJECT.sign) || has(area, OBJECT.decrypt);
  demand(!isKey || data.length <= blockSize(alg), RC.size);
  return data;
}

/** Only keys that wrap others, and those whose public part has to hide the secret one, need a seed. */
const needsSeed = (area: PublicArea): boolean =>
  area.type === ALG.keyedHash ||
  area.type === ALG.symCipher ||
  (has(area, OBJECT.restricted) && has(area, OBJECT.decrypt));

/** [TPM2 CryptUtil.c CryptCreateObject] */
export function createKey(area: PublicArea, { auth, data }: SensitiveCreate, random: Random): NewKey {
  const seed = needsSeed(area) ? random.bytes(digestSize(area.nameAlg)) : new Uint8Array();
  if (area.type === ALG.rsa || area.type === ALG.ecc) {
    const { unique, bits } = draw(area, random);
    return { area: { ...area, unique }, sensitive: { type: area.type, auth, seed, bits } };
  }
  const drawBits = area.type === ALG.symCipher ? symmetricKey : keyedBits;
  const bits = drawBits(area, data, random);
  const unique = [digest(area.nameAlg, seed, bits)];
  return { area: { ...area, unique }, sensitive: { type: area.type, auth, seed, bits } };
}

/** The digest over the names of an object and all above it. [TPM2 Part 1, 16.4] */
export const qualifiedNameOf = (above: Uint8Array, area: PublicArea, name: Uint8Array): Uint8Array =>
  area.nameAlg === ALG.null
    ? new Uint8Array()
    : Buffer.concat([Uint8Array.of(area.nameAlg >> 8, area.nameAlg), digest(area.nameAlg, above, name)]);

/** A loaded object under a parent, or under a hierarchy itself. */
export function objectOf({ area, sensitive }: NewKey, above: KeyObject | number): KeyObject {
  const name = nameOf(area);
  const isPrimary = typeof above === 'number';
  return {
    area,
    sensitive,
    hierarchy: isPrimary ? above : above.hierarchy,
    name,
    qualifiedName: qualifiedNameOf(isPrimary ? wordBytes(above) : above.qualifiedName, area, name),
    isInternal: true,
  };
}

/** An object that came from outside belongs to no parent. */
export function externalOf(area: PublicArea, sensitive: Sensitive | undefined, hierarchy: number): KeyObject {
  const name = nameOf(area);
  return {
    area,
    ...(sensitive !== undefined && { sensitive }),
    hierarchy,
    name,
    qualifiedName: qualifiedNameOf(wordBytes(RH.null), area, name),
    isInternal: false,
  };
}
