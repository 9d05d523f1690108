import { ALG, demand, RC } from './codes.ts';
import { coordinates, curveOf, isPoint, multiply, readCoordinates } from './curves.ts';
import { digest, digestSize } from './hashes.ts';
import { modulo, toBytes, toNumber } from './numbers.ts';
import type { KeyObject } from './objects.ts';
import type { PublicArea } from './public-area.ts';
import { readPoint } from './public-area.ts';
import type { Random } from '../random.ts';
import { CommandReader } from './reader.ts';
import type { RsaPrivate, RsaPublic } from './rsa.ts';
import { decrypt, DEFAULT_EXPONENT, demandOaep, encrypt, padOaep, unpadOaep } from './rsa.ts';
import { written } from './writer.ts';

/** The RSA key of a public area. */
export function rsaKeyOf({ parameters, unique }: PublicArea): RsaPublic {
  const { exponent, keyBits } = parameters;
  return {
    n: toNumber(unique[0]!),
    e: BigInt(exponent === 0 ? DEFAULT_EXPONENT : exponent!),
    size: keyBits! / 8,
  };
}

/** The private RSA key of a loaded object. */
export const rsaPrivateOf = ({ area, sensitive }: KeyObject): RsaPrivate => ({
  ...rsaKeyOf(area),
  p: toNumber(sensitive!.bits),
});

const nul = (label: string): Uint8Array => Buffer.from(`${label}\0`, 'latin1');

/** KDFe: a secret from a shared point. [TPM2 Part 1, 11.4.9.3] */
function kdfE(alg: number, z: Uint8Array, label: string, parties: readonly Uint8Array[]): Uint8Array {
  return digest(alg, Uint8Array.of(0, 0, 0, 1), z, nul(label), ...parties);
}

/** A secret scalar of a curve. */
export function drawScalar(random: Random, curveId: number): bigint {
  const curve = curveOf(curveId);
  return 1n + modulo(toNumber(random.bytes(curve.size + 8)), curve.n - 1n);
}

/** A secret, and what to send so that the owner of `key` gets it too. [TPM2 Part 1, B.10 and C.6] */
export function shareSecret(
  key: KeyObject,
  label: string,
  random: Random,
): { secret: Uint8Array; sent: Uint8Array } {
  const { area } = key;
  const alg = area.nameAlg;
  if (area.type === ALG.rsa) {
    demandOaep(alg);
    const secret = random.bytes(digestSize(alg));
    const { size } = rsaKeyOf(area);
    const padded = padOaep({ alg, label: nul(label) }, secret, random.bytes(digestSize(alg)), size);
    return { secret, sent: encrypt(rsaKeyOf(area), padded) };
  }
  const curve = curveOf(area.parameters.curve!);
  const scalar = drawScalar(random, area.parameters.curve!);
  const mine = coordinates(curve, multiply(curve, scalar, curve.g)!);
  const z = multiply(curve, scalar, readCoordinates(area.unique))!;
  const secret = kdfE(alg, toBytes(z.x, curve.size), label, [mine[0]!, area.unique[0]!]);
  const sent = written((writer) => {
    for (const part of mine) writer.sized(part);
  });
  return { secret, sent };
}

/**
 * The secret that was sent to `key`.
 *
 * @throws Refusal TPM_RC_VALUE when it cannot be read, TPM_RC_ECC_POINT when it is no point. [TPM2 CryptUtil.c CryptSecretDecrypt]
 */
export function ownSecret(key: KeyObject, label: string, sent: Uint8Array): Uint8Array {
  const { area, sensitive } = key;
  const alg = area.nameAlg;
  if (area.type === ALG.rsa) {
    const rsa = rsaPrivateOf(key);
    demand(sent.length === rsa.size, RC.size);
    demandOaep(alg);
    return unpadOaep({ alg, label: nul(label) }, decrypt(rsa, sent));
  }
  const curve = curveOf(area.parameters.curve!);
  const parts = readPoint(new CommandReader(sent));
  demand(isPoint(area.parameters.curve!, parts), RC.eccPoint);
  const z = multiply(curve, toNumber(sensitive!.bits), readCoordinates(parts))!;
  return kdfE(alg, toBytes(z.x, curve.size), label, [parts[0]!, area.unique[0]!]);
}
