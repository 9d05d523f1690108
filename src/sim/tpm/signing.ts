import { ALG, demand, RC, Refusal } from './codes.ts';
import { curveOf, ecdsaSign, ecdsaVerify, readCoordinates } from './curves.ts';
import { digestSize, hmac, sameBytes } from './hashes.ts';
import { drawScalar, rsaKeyOf, rsaPrivateOf } from './key-exchange.ts';
import { toNumber } from './numbers.ts';
import type { KeyObject } from './objects.ts';
import { has, OBJECT } from './public-area.ts';
import type { Random } from '../random.ts';
import { checkPss, decrypt, encrypt, hasPss, padPss, padRsassa } from './rsa.ts';
import type { Scheme, Signature } from './types.ts';

const SCHEMES: Readonly<Record<number, readonly number[]>> = {
  [ALG.rsa]: [ALG.rsassa, ALG.rsapss],
  [ALG.ecc]: [ALG.ecdsa],
  [ALG.keyedHash]: [ALG.hmac],
};

/** The scheme of a signature: the key's, or what the caller wants where the key leaves it open. */
export function selectScheme({ area }: KeyObject, wanted: Scheme): Scheme {
  const allowed = SCHEMES[area.type] ?? [];
  const isAsymmetric = area.type !== ALG.keyedHash;
  const { scheme } = area.parameters;
  demand(has(area, OBJECT.sign) && allowed.length > 0, RC.key);
  if (scheme.alg === ALG.null) {
    // Of an asymmetric key whatever else is wanted fails when it signs.
    demand(wanted.alg !== ALG.null && (isAsymmetric || allowed.includes(wanted.alg)), RC.scheme);
    return wanted;
  }
  const isSame = wanted.alg === ALG.null || (wanted.alg === scheme.alg && wanted.hash === scheme.hash);
  demand(isSame, RC.scheme);
  return scheme;
}

/**
 * @throws Refusal TPM_RC_SIZE when a digest without a hash does not fit the key, TPM_RC_VALUE when the chip cannot sign
 * so. [TPM2 CryptUtil.c CryptSign] [EC rsa.c]
 */
export function sign(key: KeyObject, scheme: Scheme, value: Uint8Array, random: Random): Signature {
  const { alg, hash } = scheme;
  const { area, sensitive } = key;
  demand(SCHEMES[area.type]!.includes(alg) && (alg !== ALG.rsapss || hasPss(hash)), RC.value);
  if (alg === ALG.hmac) return { alg, hash, parts: [hmac(hash, sensitive!.bits, value)] };
  if (alg === ALG.ecdsa) {
    const secrets = { d: toNumber(sensitive!.bits), k: drawScalar(random, area.parameters.curve!) };
    return { alg, hash, parts: ecdsaSign(curveOf(area.parameters.curve!), secrets, value) };
  }
  const rsa = rsaPrivateOf(key);
  const salt = alg === ALG.rsapss ? random.bytes(saltSize(hash, rsa.size)) : undefined;
  const padded = salt === undefined ? padRsassa(hash, value, rsa.size) : padPss(hash, value, salt, rsa.size);
  return { alg, hash, parts: [decrypt(rsa, padded)] };
}

/** As long as the digest, or as there is room for. */
const saltSize = (hash: number, size: number): number =>
  Math.min(digestSize(hash), size - digestSize(hash) - 2);

/** @throws Refusal as the library does. [TPM2 CryptUtil.c CryptVerifySignature] */
export function verify(key: KeyObject, signature: Signature, valueOf: (alg: number) => Uint8Array): void {
  const { area } = key;
  demand(signature.alg !== ALG.null, RC.signature);
  const allowed = SCHEMES[area.type];
  if (allowed === undefined) throw new Refusal(RC.scheme);
  if (area.type === ALG.keyedHash) demand(key.sensitive !== undefined, RC.handle);
  // Of another algorithm, the code for points refuses its name, and the others compare in vain.
  demand(allowed.includes(signature.alg), area.type === ALG.ecc ? RC.value : RC.signature);
  demand(digestSize(signature.hash) > 0, RC.signature);
  demand(signature.alg !== ALG.rsapss || hasPss(signature.hash), RC.signature);
  demand(isRight(key, signature, valueOf(signature.hash)), RC.signature);
}

function isRight(
  { area, sensitive }: KeyObject,
  { alg, hash, parts }: Signature,
  value: Uint8Array,
): boolean {
  if (alg === ALG.hmac) return sameBytes(hmac(hash, sensitive!.bits, value), parts[0]!);
  if (alg === ALG.ecdsa)
    return ecdsaVerify(curveOf(area.parameters.curve!), readCoordinates(area.unique), value, parts);
  const rsa = rsaKeyOf(area);
  if (parts[0]!.length !== rsa.size) return false;
  const padded = encrypt(rsa, parts[0]!);
  return alg === ALG.rsapss
    ? checkPss(hash, value, padded)
    : sameBytes(padded, padRsassa(hash, value, rsa.size));
}
