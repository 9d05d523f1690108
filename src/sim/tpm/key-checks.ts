import { ALG, demand, RC } from './codes.ts';
import { digestSize } from './hashes.ts';
import type { KeyObject } from './objects.ts';
import { isStorage } from './objects.ts';
import type { PublicArea } from './public-area.ts';
import { has, OBJECT } from './public-area.ts';
import { DEFAULT_EXPONENT } from './rsa.ts';

const SIGNING: readonly number[] = [ALG.rsassa, ALG.rsapss, ALG.ecdsa, ALG.hmac];
const DECRYPTING: readonly number[] = [ALG.rsaes, ALG.oaep, ALG.ecdh, ALG.xor];

const isStorageArea = (area: PublicArea): boolean =>
  has(area, OBJECT.restricted) && has(area, OBJECT.decrypt);

/** Whether scheme and use of a key go together. @throws Refusal as the library does. [TPM2 Object_spt.c SchemeChecks] */
export function checkScheme(area: PublicArea): void {
  const { scheme, symmetric, exponent, kdf } = area.parameters;
  const signs = has(area, OBJECT.sign);
  const decrypts = has(area, OBJECT.decrypt);
  const isRestricted = has(area, OBJECT.restricted);
  const isNull = scheme.alg === ALG.null;
  if (area.type === ALG.symCipher) {
    demand(symmetric!.alg !== ALG.null, RC.symmetric);
    return;
  }
  if (isStorageArea(area)) demand(isNull, RC.scheme);
  else if (signs && decrypts) demand(isNull && !isRestricted, RC.scheme);
  else if (signs) demand(SIGNING.includes(scheme.alg) || (isNull && !isRestricted), RC.scheme);
  else if (decrypts) demand(DECRYPTING.includes(scheme.alg) || isNull, RC.scheme);
  else demand(isNull, RC.scheme);
  if (area.type === ALG.keyedHash) return;
  demand((symmetric!.alg !== ALG.null) === isStorageArea(area), RC.symmetric);
  if (exponent !== undefined) demand(exponent === 0 || exponent === DEFAULT_EXPONENT, RC.range);
  if (kdf !== undefined) demand(kdf.alg === ALG.null, RC.kdf);
}

/** Whether a new key may have these attributes under its parent; none for a primary key. [TPM2 Object_spt.c] */
export function checkAttributes(area: PublicArea, parent: KeyObject | undefined): void {
  demand(area.nameAlg !== ALG.null, RC.hash);
  demand([0, digestSize(area.nameAlg)].includes(area.authPolicy.length), RC.size);
  const parentIsFixed = parent === undefined || has(parent.area, OBJECT.fixedTpm);
  if (parentIsFixed) demand(has(area, OBJECT.fixedTpm) === has(area, OBJECT.fixedParent), RC.attributes);
  else demand(!has(area, OBJECT.fixedTpm), RC.attributes);
  if (parent !== undefined && has(parent.area, OBJECT.stClear))
    demand(has(area, OBJECT.stClear), RC.attributes);
  demand(!(has(area, OBJECT.fixedTpm) && has(area, OBJECT.encryptedDuplication)), RC.attributes);
  const signs = has(area, OBJECT.sign);
  const decrypts = has(area, OBJECT.decrypt);
  demand(signs || decrypts || area.type === ALG.keyedHash, RC.attributes);
  if (has(area, OBJECT.restricted)) demand(signs !== decrypts, RC.attributes);
  const isAsymmetric = area.type === ALG.rsa || area.type === ALG.ecc;
  if (isAsymmetric) demand(has(area, OBJECT.sensitiveDataOrigin), RC.attributes);
  checkScheme(area);
}

/** A key that may wrap others, with its secret part. @throws Refusal with `code`. */
export function demandParent(parent: KeyObject, code: number): void {
  demand(isStorage(parent) && parent.sensitive !== undefined, code);
}
