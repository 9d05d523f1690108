import type { Call, Command } from './command.ts';
import { ALG, demand, handleNumber, parameterNumber, RC, RH, ST, withNumber, Refusal } from './codes.ts';
import { coordinates, curveOf, isPoint, multiply, readCoordinates } from './curves.ts';
import { digestSize, sameBytes } from './hashes.ts';
import { drawScalar, rsaKeyOf, rsaPrivateOf } from './key-exchange.ts';
import { toBytes, toNumber } from './numbers.ts';
import type { KeyObject } from './objects.ts';
import { CURVES, ECC_CURVE, has, OBJECT, readPoint } from './public-area.ts';
import { decrypt, demandOaep, encrypt, padOaep, padRsaes, rsaPublic, unpadOaep, unpadRsaes } from './rsa.ts';
import { selectScheme, sign, verify } from './signing.ts';
import type { Scheme } from './types.ts';
import {
  HANDLE,
  MAX_DATA,
  MAX_RSA_BYTES,
  NO_SCHEME,
  readDigest,
  readScheme,
  readSignature,
  readTicket,
  RSA_DECRYPT_SCHEME,
  SIGNATURE_SCHEME,
  writeScheme,
  writeSignature,
  emptyTicket,
  writeTicket,
} from './types.ts';
import { MAX_SYM_DATA } from './types.ts';
import { written } from './writer.ts';

/** How an RSA message is padded: as the key says, or as the caller wants where the key leaves it open. */
function encryptionScheme({ area }: KeyObject, wanted: Scheme): Scheme {
  const { scheme } = area.parameters;
  if (scheme.alg === ALG.null) return wanted;
  const isSame = wanted.alg === ALG.null || (wanted.alg === scheme.alg && wanted.hash === scheme.hash);
  demand(isSame, RC.scheme);
  return scheme;
}

interface Message {
  readonly bytes: Uint8Array;
  readonly scheme: Scheme;
  readonly label: Uint8Array;
}

function readMessage({ parameters }: Call): Message {
  const bytes = parameters.sized(MAX_RSA_BYTES);
  const scheme = readScheme(parameters, RSA_DECRYPT_SCHEME);
  const label = parameters.sized(MAX_DATA);
  parameters.finish();
  return { bytes, scheme, label };
}

const isLabel = (label: Uint8Array): boolean => label.length === 0 || label[label.length - 1] === 0;

function rsaEncrypt(call: Call): void {
  const { state, handles, response } = call;
  const { bytes, scheme: wanted, label } = readMessage(call);
  const key = state.key(handles[0]!, RC.key + handleNumber(0));
  demand(key.area.type === ALG.rsa, RC.key + handleNumber(0));
  demand(has(key.area, OBJECT.decrypt), RC.attributes + handleNumber(0));
  demand(isLabel(label), RC.value + parameterNumber(2));
  let scheme: Scheme;
  try {
    scheme = encryptionScheme(key, wanted);
  } catch (refusal) {
    throw refusal instanceof Refusal ? new Refusal(withNumber(refusal.code, parameterNumber(1))) : refusal;
  }
  const rsa = rsaKeyOf(key.area);
  if (scheme.alg === ALG.null) {
    demand(bytes.length <= rsa.size && toNumber(bytes) < rsa.n, RC.value);
    response.sized(toBytes(rsaPublic(rsa, toNumber(bytes)), rsa.size));
    return;
  }
  if (scheme.alg === ALG.oaep) demandOaep(scheme.hash);
  const draw = (count: number): Uint8Array => state.random.bytes(count);
  const padded =
    scheme.alg === ALG.rsaes
      ? padRsaes(bytes, draw, rsa.size)
      : padOaep({ alg: scheme.hash, label }, bytes, draw(digestSize(scheme.hash)), rsa.size);
  response.sized(encrypt(rsa, padded));
}

function rsaDecrypt(call: Call): void {
  const { state, handles, response } = call;
  const { bytes, scheme: wanted, label } = readMessage(call);
  const key = state.key(handles[0]!, RC.key);
  demand(key.area.type === ALG.rsa, RC.key);
  demand(!has(key.area, OBJECT.restricted) && has(key.area, OBJECT.decrypt), RC.attributes);
  const scheme = encryptionScheme(key, wanted);
  demand(isLabel(label), RC.value);
  const rsa = rsaPrivateOf(key);
  demand(bytes.length === rsa.size, RC.size);
  if (scheme.alg === ALG.oaep) demandOaep(scheme.hash);
  demand(toNumber(bytes) < rsa.n, RC.size);
  const padded = decrypt(rsa, bytes);
  if (scheme.alg === ALG.null) response.sized(padded);
  else if (scheme.alg === ALG.rsaes) response.sized(unpadRsaes(padded));
  else response.sized(unpadOaep({ alg: scheme.hash, label }, padded));
}

function eccKey({ state, handles }: Call): KeyObject {
  const key = state.key(handles[0]!, RC.key);
  demand(key.area.type === ALG.ecc, RC.key);
  return key;
}

const pointBytes = (parts: readonly Uint8Array[]): Uint8Array =>
  written((writer) => {
    for (const part of parts) writer.sized(part);
  });

function ecdhKeyGen(call: Call): void {
  const { area } = eccKey(call);
  const { curve: id } = area.parameters;
  demand(!has(area, OBJECT.restricted) && has(area, OBJECT.decrypt), RC.key);
  const curve = curveOf(id!);
  const scalar = drawScalar(call.state.random, id!);
  const z = multiply(curve, scalar, readCoordinates(area.unique))!;
  call.response.sized(pointBytes(coordinates(curve, z)));
  call.response.sized(pointBytes(coordinates(curve, multiply(curve, scalar, curve.g)!)));
}

function ecdhZGen(call: Call): void {
  const parts = call.parameters.boxed(readPoint);
  call.parameters.finish();
  const { area, sensitive } = eccKey(call);
  const { scheme, curve: id } = area.parameters;
  demand(!has(area, OBJECT.restricted) && has(area, OBJECT.decrypt), RC.key);
  demand(scheme.alg === ALG.null || scheme.alg === ALG.ecdh, RC.scheme);
  const curve = curveOf(id!);
  demand(isPoint(id!, parts), RC.eccPoint);
  const z = multiply(curve, toNumber(sensitive!.bits), readCoordinates(parts))!;
  call.response.sized(pointBytes(coordinates(curve, z)));
}

/** TPMS_ALGORITHM_DETAIL_ECC; of BN_P256, small numbers take one byte. [TPM2 Part 2, 11.2.5.6] [TPM2 CpriDataEcc.c] */
function eccParameters({ parameters, response }: Call): void {
  const id = parameters.u16();
  demand(CURVES.includes(id), RC.curve);
  parameters.finish();
  const { size, p, a, b, g, n } = curveOf(id);
  response.u16(id).u16(size * 8);
  const isNist = id !== ECC_CURVE.bnP256;
  const kdf = { alg: ALG.kdf1Sp80056a, hash: size === 48 ? ALG.sha384 : ALG.sha256 };
  writeScheme(response, isNist ? kdf : NO_SCHEME);
  writeScheme(response, NO_SCHEME);
  const sizeOf = (number: bigint): number => (isNist || number > 0xffn ? size : 1);
  for (const number of [p, a, b, g.x, g.y, n]) response.sized(toBytes(number, sizeOf(number)));
  response.sized(Uint8Array.of(1));
}

function signDigest(call: Call): void {
  const { state, handles, parameters, response } = call;
  const value = readDigest(parameters);
  const wanted = readScheme(parameters, SIGNATURE_SCHEME);
  const ticket = readTicket(parameters);
  parameters.finish();
  const key = state.key(handles[0]!, RC.key);
  const scheme = selectScheme(key, wanted);
  if (ticket.digest.length > 0 || has(key.area, OBJECT.restricted)) {
    const expected = state.ticket(ST.hashCheck, ticket.hierarchy, value);
    const isReal = ticket.tag === ST.hashCheck && ticket.hierarchy !== RH.null;
    demand(isReal && sameBytes(expected.digest, ticket.digest), RC.ticket);
  } else demand(value.length === digestSize(scheme.hash) || scheme.hash === ALG.null, RC.size);
  writeSignature(response, sign(key, scheme, value, state.random));
}

function verifySignature(call: Call): void {
  const { state, handles, parameters, response } = call;
  const value = readDigest(parameters).slice();
  const signature = readSignature(parameters);
  parameters.finish();
  const key = state.key(handles[0]!, RC.attributes);
  demand(has(key.area, OBJECT.sign), RC.attributes);
  verify(key, signature, () => value);
  const isVouchedFor = key.area.nameAlg !== ALG.null && key.hierarchy !== RH.null;
  const ticket = isVouchedFor
    ? state.ticket(ST.verified, key.hierarchy, value, key.name)
    : emptyTicket(ST.verified);
  writeTicket(response, ticket);
}

/** The keys of the chip have no anonymous scheme, so that every commit is refused. [TPM2 Commit.c] */
function commit(call: Call): void {
  const { parameters } = call;
  const size = parameters.u16();
  demand(size > 0, RC.size);
  const before = parameters.rest;
  readPoint(parameters);
  demand(before - parameters.rest === size, RC.size);
  parameters.sized(MAX_SYM_DATA);
  parameters.sized(48);
  parameters.finish();
  eccKey(call);
  throw new Refusal(RC.scheme);
}

const BOTH_WAYS = { takesEncrypted: true, answersEncrypted: true } as const;

/** [TPM2 Part 3, 14] [TPM2 Part 3, 19.2] [TPM2 Part 3, 20] */
export const CRYPTO_COMMANDS: readonly Command[] = [
  { name: 'ECDH_ZGen', code: 0x154, handles: [HANDLE.object], roles: ['user'], ...BOTH_WAYS, run: ecdhZGen },
  {
    name: 'RSA_Decrypt',
    code: 0x159,
    handles: [HANDLE.object],
    roles: ['user'],
    ...BOTH_WAYS,
    run: rsaDecrypt,
  },
  {
    name: 'Sign',
    code: 0x15d,
    handles: [HANDLE.object],
    roles: ['user'],
    takesEncrypted: true,
    run: signDigest,
  },
  {
    name: 'ECDH_KeyGen',
    code: 0x163,
    handles: [HANDLE.object],
    roles: [],
    answersEncrypted: true,
    run: ecdhKeyGen,
  },
  { name: 'RSA_Encrypt', code: 0x174, handles: [HANDLE.object], roles: [], ...BOTH_WAYS, run: rsaEncrypt },
  {
    name: 'VerifySignature',
    code: 0x177,
    handles: [HANDLE.object],
    roles: [],
    takesEncrypted: true,
    run: verifySignature,
  },
  { name: 'ECC_Parameters', code: 0x178, handles: [], roles: [], run: eccParameters },
  { name: 'Commit', code: 0x18b, handles: [HANDLE.object], roles: ['user'], ...BOTH_WAYS, run: commit },
];
