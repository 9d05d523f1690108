import { ALG, demand, RC } from './codes.ts';
import { coordinates, curveOf, isPoint, multiply } from './curves.ts';
import { digest, digestSize, sameBytes } from './hashes.ts';
import { toNumber } from './numbers.ts';
import type { KeyObject } from './objects.ts';
import { isStorage } from './objects.ts';
import type { PublicArea, Sensitive } from './public-area.ts';
import { has, OBJECT, parameterBytes } from './public-area.ts';

const SIGNING: readonly number[] = [ALG.rsassa, ALG.rsapss, ALG.ecdsa];
const DECRYPTING: readonly number[] = [ALG.rsaes, ALG.oaep, ALG.ecdh];

const isStorageArea = (area: PublicArea): boolean =>
  has(area, OBJECT.restricted) && has(area, OBJECT.decrypt);

const isAsymmetricArea = ({ type }: PublicArea): boolean => type === ALG.rsa || type === ALG.ecc;

/** Where a public area comes from, which decides what it may say. */
export interface Origin {
  /** None for a primary key, and for one from outside. */
  readonly parent?: KeyObject | undefined;
  /** It exists already, rather than being a template for a new key. */
  readonly isLoaded: boolean;
}

/** Whether the unique part is as long as the parameters say. [TPM2 CryptUtil.c CryptAreKeySizesConsistent] */
function hasRightSize({ type, parameters, unique }: PublicArea): boolean {
  if (type === ALG.rsa) return unique[0]!.length === parameters.keyBits! / 8;
  return unique.every((part) => part.length <= curveOf(parameters.curve!).size);
}

/** Signing, decrypting and restricted against the scheme of an asymmetric key. */
function checkUse(area: PublicArea): void {
  const { alg } = area.parameters.scheme;
  const signs = has(area, OBJECT.sign);
  const decrypts = has(area, OBJECT.decrypt);
  if (alg === ALG.null) {
    demand(!(signs && has(area, OBJECT.restricted)), RC.scheme);
    return;
  }
  demand(!(signs && decrypts), RC.scheme);
  demand(!signs || SIGNING.includes(alg), RC.scheme);
  demand(!decrypts || DECRYPTING.includes(alg), RC.scheme);
}

/** A storage key that stays under its parent is of the same kind. [TPM2 Object_spt.c EqualCryptSet] */
function checkSameKind(area: PublicArea, parent: PublicArea): void {
  demand(area.nameAlg === parent.nameAlg, RC.hash);
  demand(area.type === parent.type, RC.type);
  demand(sameBytes(parameterBytes(area), parameterBytes(parent)), RC.asymmetric);
}

function checkAsymmetric(area: PublicArea, { parent, isLoaded }: Origin): void {
  const { symmetric, scheme, kdf } = area.parameters;
  demand(isLoaded || has(area, OBJECT.sensitiveDataOrigin), RC.attributes);
  demand(!isLoaded || hasRightSize(area), RC.key);
  checkUse(area);
  if (kdf !== undefined) demand(kdf.alg === ALG.null, RC.kdf);
  demand((symmetric!.alg !== ALG.null) === isStorageArea(area), RC.symmetric);
  if (!isStorageArea(area)) return;
  demand(scheme.alg === ALG.null, RC.scheme);
  if (parent !== undefined && has(area, OBJECT.fixedParent)) checkSameKind(area, parent.area);
}

function checkKeyedHash(area: PublicArea): void {
  const { alg, hash } = area.parameters.scheme;
  const signs = has(area, OBJECT.sign);
  if (signs === has(area, OBJECT.decrypt)) demand(alg === ALG.null, RC.scheme);
  else demand(alg === (signs ? ALG.hmac : ALG.xor) && hash !== ALG.null, RC.scheme);
}

function checkCipher(area: PublicArea): void {
  demand(has(area, OBJECT.decrypt) && !has(area, OBJECT.sign), RC.attributes);
  demand(area.parameters.symmetric!.alg !== ALG.null, RC.symmetric);
}

/** Whether scheme and use of a key go together. @throws Refusal as the library does. [TPM2 Object_spt.c SchemeChecks] */
export function checkScheme(area: PublicArea, origin: Origin): void {
  if (isAsymmetricArea(area)) checkAsymmetric(area, origin);
  else if (area.type === ALG.keyedHash) checkKeyedHash(area);
  else checkCipher(area);
}

/** Whether a key may have these attributes under its parent. [TPM2 Object_spt.c PublicAttributesValidation] */
export function checkAttributes(area: PublicArea, origin: Origin): void {
  demand(area.nameAlg !== ALG.null, RC.hash);
  demand([0, digestSize(area.nameAlg)].includes(area.authPolicy.length), RC.size);
  const parent = origin.parent?.area;
  const isFixed = has(area, OBJECT.fixedTpm);
  const underFixed = parent === undefined || has(parent, OBJECT.fixedTpm);
  demand(underFixed ? isFixed === has(area, OBJECT.fixedParent) : !isFixed, RC.attributes);
  if (has(area, OBJECT.restricted))
    demand(has(area, OBJECT.sign) !== has(area, OBJECT.decrypt), RC.attributes);
  const isEncrypted = has(area, OBJECT.encryptedDuplication);
  demand(!(isFixed && isEncrypted), RC.attributes);
  demand(underFixed || isEncrypted === has(parent, OBJECT.encryptedDuplication), RC.attributes);
  checkScheme(area, origin);
}

/** A key that may wrap others, with its secret part. @throws Refusal with `code`. */
export function demandParent(parent: KeyObject, code: number): void {
  demand(isStorage(parent) && parent.sensitive !== undefined, code);
}

/** Whether the secret part belongs to the public one. [TPM2 CryptUtil.c CryptObjectPublicPrivateMatch] */
function isBound({ type, nameAlg, parameters, unique }: PublicArea, { seed, bits }: Sensitive): boolean {
  const [first] = unique as [Uint8Array];
  if (type === ALG.rsa) {
    const [n, p] = [toNumber(first), toNumber(bits)];
    return bits.length === first.length / 2 && p > 1n && n % p === 0n;
  }
  if (type === ALG.symCipher && bits.length !== parameters.symmetric!.keyBits / 8) return false;
  if (type === ALG.ecc && bits.length !== first.length) return false;
  if (nameAlg === ALG.null) return true;
  if (type !== ALG.ecc) return sameBytes(first, digest(nameAlg, seed, bits));
  const curve = curveOf(parameters.curve!);
  const point = multiply(curve, toNumber(bits), curve.g);
  return point !== undefined && coordinates(curve, point).every((part, at) => sameBytes(part, unique[at]!));
}

/** Whether a key from elsewhere makes sense. @throws TPM_RC_KEY, TPM_RC_TYPE, TPM_RC_BINDING. [TPM2 Object.c ObjectLoad] */
export function checkConsistent(area: PublicArea, sensitive: Sensitive | undefined): void {
  if (isAsymmetricArea(area)) demand(hasRightSize(area), RC.key);
  if (area.type === ALG.ecc) demand(isPoint(area.parameters.curve!, area.unique), RC.key);
  if (sensitive === undefined) return;
  demand(sensitive.type === area.type, RC.type);
  demand(isBound(area, sensitive), RC.binding);
}
