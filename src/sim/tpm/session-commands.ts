import { isDaExempt, boundEntity } from './authorization.ts';
import type { Call, Command } from './command.ts';
import { ALG, demand, handleNumber, HT, parameterNumber, RC, Refusal, RH, typeOfHandle } from './codes.ts';
import { ownSecret } from './key-exchange.ts';
import { digestSize, kdfA, MAX_DIGEST } from './hashes.ts';
import type { KeyObject } from './objects.ts';
import { isAsymmetric } from './objects.ts';
import { has, OBJECT } from './public-area.ts';
import { Session } from './sessions.ts';
import { HANDLE, MAX_RSA_BYTES, readHash, readSymmetric } from './types.ts';

/** TPM_SE. [TPM2 Part 2, 6.11] */
const SE = { hmac: 0, policy: 1, trial: 3 } as const;
const LEAST_NONCE = 16;
const EMPTY = new Uint8Array();

/** What is encrypted to a key, or nothing without one. @throws Refusal as StartAuthSession does. */
function saltOf({ state }: Call, keyHandle: number, encrypted: Uint8Array): Uint8Array {
  const saltNumber = parameterNumber(1);
  if (keyHandle === RH.null) {
    demand(encrypted.length === 0, RC.value + saltNumber);
    return EMPTY;
  }
  demand(encrypted.length > 0, RC.value + saltNumber);
  const key = state.key(keyHandle, RC.key + handleNumber(0));
  demand(key.sensitive !== undefined, RC.handle + handleNumber(0));
  demand(isAsymmetric(key), RC.key + handleNumber(0));
  demand(has(key.area, OBJECT.decrypt), RC.attributes + handleNumber(0));
  return decryptSalt(key, encrypted);
}

/** Whatever is wrong with the salt, the value is to blame. */
function decryptSalt(key: KeyObject, encrypted: Uint8Array): Uint8Array {
  try {
    return ownSecret(key, 'SECRET', encrypted);
  } catch (refusal) {
    throw refusal instanceof Refusal ? new Refusal(RC.value + parameterNumber(1)) : refusal;
  }
}

function start(call: Call): void {
  const { state, handles, parameters, response } = call;
  const [keyHandle, bind] = handles as [number, number];
  const nonceCaller = parameters.sized(MAX_DIGEST);
  const encrypted = parameters.sized(MAX_RSA_BYTES);
  const type = parameters.u8();
  demand(Object.values<number>(SE).includes(type), RC.value);
  const symmetric = readSymmetric(parameters, true);
  const hash = readHash(parameters);
  parameters.finish();
  const fits = nonceCaller.length >= LEAST_NONCE && nonceCaller.length <= digestSize(hash);
  demand(fits, RC.size + parameterNumber(0));
  const salt = saltOf(call, keyHandle, encrypted);
  const bound = state.objects.key(bind);
  demand(bound === undefined || bound.sensitive !== undefined, RC.handle + handleNumber(1));
  demand(symmetric.alg !== ALG.aes || symmetric.mode === ALG.cfb, RC.mode + parameterNumber(3));
  const nonceTpm = state.random.bytes(nonceCaller.length);
  const secret = Buffer.concat([bind === RH.null ? EMPTY : state.authOf(bind), salt]);
  const isBound = bind !== RH.null && type === SE.hmac;
  const session = new Session(
    {
      isPolicy: type !== SE.hmac,
      isTrial: type === SE.trial,
      hash,
      symmetric,
      sessionKey:
        bind === RH.null && keyHandle === RH.null
          ? EMPTY
          : kdfA(hash, secret, { label: 'ATH', u: nonceTpm, v: nonceCaller }, digestSize(hash) * 8),
      ...(isBound && { boundTo: boundEntity(state, bind) }),
      isDaBound: isBound && !isDaExempt(state, bind),
      isLockoutBound: isBound && bind === RH.lockout,
      startedMs: state.clock,
    },
    nonceTpm,
  );
  call.newHandle = state.sessions.load(session);
  response.sized(nonceTpm);
}

/** [TPM2 Part 3, 28.4] A PCR, a permanent and a persistent handle are no contexts. [CHIP 5.5] */
function flush({ state, parameters }: Call): void {
  const handle = parameters.u32();
  demand(HANDLE.context(handle), RC.value);
  parameters.finish();
  const isObject = typeOfHandle(handle) === HT.transient;
  const isFlushed = isObject ? state.objects.flush(handle) : state.sessions.flush(handle);
  demand(isFlushed, RC.handle);
}

/** [TPM2 Part 3, 11] */
export const SESSION_COMMANDS: readonly Command[] = [
  {
    name: 'FlushContext',
    code: 0x165,
    handles: [],
    roles: [],
    refusesSessions: true,
    run: flush,
  },
  {
    name: 'StartAuthSession',
    code: 0x176,
    handles: [HANDLE.objectOrNull, HANDLE.entityOrNull],
    roles: [],
    takesEncrypted: true,
    answersEncrypted: true,
    answersHandle: true,
    run: start,
  },
  {
    name: 'PolicyRestart',
    code: 0x180,
    handles: [HANDLE.policySession],
    roles: [],
    run: ({ state, handles }) => {
      state.sessions.find(handles[0]!)!.restart();
    },
  },
];
