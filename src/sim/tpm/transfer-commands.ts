import type { Call, Command } from './command.ts';
import { ALG, demand, RC, RH } from './codes.ts';
import { digest, digestSize, MAX_DIGEST, sameBytes } from './hashes.ts';
import { checkAttributes, checkConsistent, demandParent } from './key-checks.ts';
import { ownSecret, shareSecret } from './key-exchange.ts';
import type { KeyObject } from './objects.ts';
import { isAsymmetric, isStorage } from './objects.ts';
import { aes } from './parameter-encryption.ts';
import type { Sensitive } from './public-area.ts';
import { has, nameOf, OBJECT, readPublic, readSensitive, sensitiveBytes } from './public-area.ts';
import { CommandReader } from './reader.ts';
import type { Symmetric } from './types.ts';
import {
  HANDLE,
  MAX_DATA,
  MAX_NAME,
  MAX_PRIVATE,
  MAX_RSA_BYTES,
  readDigest,
  readSymmetric,
} from './types.ts';
import { seal, unseal, wrapOf, wrapSensitive } from './wrapping.ts';
import { written } from './writer.ts';

const MAX_ID_OBJECT = 132;
const BLOCK_SIZE = 16;
const EMPTY = new Uint8Array();

/** A storage key that secrets can be sent to. */
const isRecipient = (key: KeyObject): boolean => isAsymmetric(key) && isStorage(key);

const sized = (bytes: Uint8Array): Uint8Array => written((writer) => writer.sized(bytes));

function makeCredential(call: Call): void {
  const { state, handles, parameters, response } = call;
  const credential = readDigest(parameters).slice();
  const name = parameters.sized(MAX_NAME).slice();
  parameters.finish();
  const key = state.key(handles[0]!, RC.type);
  demand(isRecipient(key), RC.type);
  demand(credential.length <= digestSize(key.area.nameAlg), RC.size);
  const { secret, sent } = shareSecret(key, 'IDENTITY', state.random);
  response.sized(seal(wrapOf(key, secret), name, sized(credential))).sized(sent);
}

function activateCredential(call: Call): void {
  const { state, handles, parameters, response } = call;
  const blob = parameters.sized(MAX_ID_OBJECT);
  const sent = parameters.sized(MAX_RSA_BYTES);
  parameters.finish();
  const key = state.key(handles[1]!, RC.type);
  demand(isRecipient(key) && key.sensitive !== undefined, RC.type);
  const secret = ownSecret(key, 'IDENTITY', sent);
  const plain = unseal(wrapOf(key, secret), state.nameOf(handles[0]!), blob, false);
  response.sized(new CommandReader(plain).sized(MAX_DIGEST));
}

const inner = (isEncrypting: boolean, { mode }: Symmetric, key: Uint8Array, data: Uint8Array): Uint8Array =>
  aes(isEncrypting, mode, key, new Uint8Array(BLOCK_SIZE))(data);

interface Transfer {
  readonly key: Uint8Array;
  readonly symmetric: Symmetric;
}

const keySize = ({ alg, keyBits }: Symmetric): number => (alg === ALG.null ? 0 : keyBits / 8);

/** The secret part with its own integrity, encrypted with a key that the caller knows. [TPM2 Part 1, 23.3.2] */
function wrapInner(object: KeyObject, { key, symmetric }: Transfer): Uint8Array {
  const plain = sized(sensitiveBytes(object.sensitive!));
  if (symmetric.alg === ALG.null) return plain;
  const integrity = digest(object.area.nameAlg, plain, object.name);
  return inner(true, symmetric, key, Buffer.concat([sized(integrity), plain]));
}

function duplicate(call: Call): void {
  const { state, handles, parameters, response } = call;
  const givenKey = parameters.sized(MAX_DATA).slice();
  const symmetric = readSymmetric(parameters, false);
  parameters.finish();
  const object = state.key(handles[0]!, RC.type);
  const parent = handles[1] === RH.null ? undefined : state.key(handles[1]!, RC.type);
  demand(!has(object.area, OBJECT.fixedParent), RC.attributes);
  demand(object.area.nameAlg !== ALG.null, RC.type);
  demand(parent === undefined || isStorage(parent), RC.type);
  if (has(object.area, OBJECT.encryptedDuplication)) {
    demand(symmetric.alg !== ALG.null, RC.symmetric);
    demand(parent !== undefined, RC.hierarchy);
  }
  demand(givenKey.length === 0 || givenKey.length === keySize(symmetric), RC.size);
  const isDrawn = givenKey.length === 0;
  const key = isDrawn ? state.random.bytes(keySize(symmetric)) : givenKey;
  const body = wrapInner(object, { key, symmetric });
  response.sized(isDrawn ? key : EMPTY);
  if (parent === undefined) {
    response.sized(body).sized(EMPTY);
    return;
  }
  const { secret, sent } = shareSecret(parent, 'DUPLICATE', state.random);
  response.sized(seal(wrapOf(parent, secret), object.name, body)).sized(sent);
}

/** Undoes `wrapInner`. @throws Refusal TPM_RC_INTEGRITY when the key is another one. */
function unwrapInner(area: KeyObject['area'], { key, symmetric }: Transfer, body: Uint8Array): Uint8Array {
  if (symmetric.alg === ALG.null) return body;
  const reader = new CommandReader(inner(false, symmetric, key, body));
  const integrity = reader.sized(MAX_DIGEST);
  const plain = reader.peek();
  demand(sameBytes(integrity, digest(area.nameAlg, plain, nameOf(area))), RC.integrity);
  return plain;
}

/** The secret part, whose size is compared before it is read. [TPM2 Object_spt.c DuplicateToSensitive] */
function readWhole(plain: Uint8Array): Sensitive {
  const reader = new CommandReader(plain);
  demand(reader.u16() === reader.rest, RC.size);
  const sensitive = readSensitive(reader);
  demand(reader.rest === 0, RC.size);
  return sensitive;
}

function importObject(call: Call): void {
  const { state, handles, parameters, response } = call;
  const key = parameters.sized(MAX_DATA).slice();
  const area = parameters.boxed(readPublic);
  const blob = parameters.sized(MAX_PRIVATE).slice();
  const sent = parameters.sized(MAX_RSA_BYTES);
  const symmetric = readSymmetric(parameters, false);
  parameters.finish();
  demand(!has(area, OBJECT.fixedTpm | OBJECT.fixedParent), RC.attributes);
  const parent = state.key(handles[0]!, RC.type);
  demandParent(parent, RC.type);
  demand(key.length === keySize(symmetric), RC.size);
  const isWrapped = symmetric.alg !== ALG.null && sent.length > 0;
  demand(isWrapped || !has(area, OBJECT.encryptedDuplication), RC.attributes);
  demand(sent.length === 0 || isAsymmetric(parent), RC.type);
  const name = nameOf(area);
  const body =
    sent.length === 0
      ? blob
      : unseal(wrapOf(parent, ownSecret(parent, 'DUPLICATE', sent)), name, blob, false);
  const sensitive = readWhole(unwrapInner(area, { key, symmetric }, body));
  if (has(parent.area, OBJECT.fixedTpm)) {
    checkAttributes(area, { parent, isLoaded: true });
    state.objects.demandSlot();
    checkConsistent(area, sensitive);
  }
  response.sized(wrapSensitive(parent, name, sensitive, state.random.bytes(BLOCK_SIZE)));
}

const BOTH_WAYS = { takesEncrypted: true, answersEncrypted: true } as const;

/** What crosses from one TPM to another. [TPM2 Part 3, 12.5 and 12.6] [TPM2 Part 3, 13] */
export const TRANSFER_COMMANDS: readonly Command[] = [
  {
    name: 'ActivateCredential',
    code: 0x147,
    handles: [HANDLE.object, HANDLE.object],
    roles: ['admin', 'user'],
    ...BOTH_WAYS,
    run: activateCredential,
  },
  {
    name: 'Duplicate',
    code: 0x14b,
    handles: [HANDLE.object, HANDLE.objectOrNull],
    roles: ['dup'],
    ...BOTH_WAYS,
    run: duplicate,
  },
  { name: 'Import', code: 0x156, handles: [HANDLE.object], roles: ['user'], ...BOTH_WAYS, run: importObject },
  {
    name: 'MakeCredential',
    code: 0x168,
    handles: [HANDLE.object],
    roles: [],
    ...BOTH_WAYS,
    run: makeCredential,
  },
];
