import { ALG, demand, HT, RC, Refusal, RH, sessionNumber, typeOfHandle, withNumber } from './codes.ts';
import type { Call, Command } from './command.ts';
import { digest, hmac, kdfA, sameBytes, trimmed, wordBytes } from './hashes.ts';
import { NV } from './nv.ts';
import { isSequence } from './objects.ts';
import { has, OBJECT } from './public-area.ts';
import type { SessionUse } from './session-area.ts';
import { SESSION } from './session-area.ts';
import type { Session } from './sessions.ts';
import type { TpmState } from './state.ts';

/** Commands that count as writing to, or reading from, an NV index. [TPM2 CommandCodeAttributes.c] */
export const NV_WRITES: ReadonlySet<number> = new Set([0x134, 0x135, 0x136, 0x137, 0x138]);
export const NV_READS: ReadonlySet<number> = new Set([0x149, 0x14e, 0x14f, 0x184]);
const POLICY_SECRET = 0x151;

/** Checks every session of a command. @throws Refusal in the library's order. [TPM2 SessionProcess.c] */
export function authorize(call: Call, uses: readonly SessionUse[]): readonly SessionUse[] {
  const { command, handles } = call;
  demand(uses.length >= command.roles.length, RC.authMissing);
  const associated = uses.map((use, index) =>
    index < command.roles.length ? { ...use, authorizes: handles[index]! } : use,
  );
  associated.forEach((use, index) => {
    checkUse(call, use, index);
  });
  return associated;
}

function checkUse(call: Call, use: SessionUse, index: number): void {
  const { session } = use;
  if (session === undefined) demand(use.authorizes !== undefined, RC.handle + ((index + 1) << 8));
  else demand(!session.start.isTrial, RC.attributes + sessionNumber(index));
  if (session?.start.isDaBound === true) checkLockout(call.state, session.start.isLockoutBound);
  try {
    if (use.authorizes !== undefined) checkAuthorization(call, use, index);
    else checkCompanion(call, use);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    throw new Refusal(withNumber(refusal.code, sessionNumber(index)));
  }
}

/** A session that authorizes nothing has to audit or encrypt. */
function checkCompanion(call: Call, use: SessionUse): void {
  demand((use.attributes & (SESSION.audit | SESSION.encrypt | SESSION.decrypt)) !== 0, RC.attributes);
  checkHmac(call, use);
}

function checkLockout({ lockout }: TpmState, isLockoutAuth: boolean): void {
  demand(isLockoutAuth ? lockout.isLockoutAuthOn : !lockout.isLockedOut, RC.lockout);
}

function checkAuthorization(call: Call, use: SessionUse, index: number): void {
  const { state, command } = call;
  const entity = use.authorizes!;
  const { session } = use;
  const policy = session?.start.isPolicy === true ? session.policy : undefined;
  const needsValue = policy === undefined || policy.needsAuthValue || policy.needsPassword;
  if (needsValue && !isDaExempt(state, entity)) checkLockout(state, entity === RH.lockout);
  if (needsPolicy(state, command, entity, index)) demand(policy !== undefined, RC.authType);
  if (policy === undefined) demand(hasAuthValue(state, command, entity, index), RC.authUnavailable);
  else {
    demand(hasPolicy(state, command, entity, index), RC.authUnavailable);
    checkPolicy(call, use, index);
  }
  if (session === undefined || policy?.needsPassword === true) checkPassword(state, use);
  else checkHmac(call, use);
}

function checkPassword(state: TpmState, use: SessionUse): void {
  if (!sameBytes(trimmed(use.auth), state.authOf(use.authorizes!))) fail(state, use);
}

/** An authorization failed; it counts where the entity is protected. */
function fail(state: TpmState, use: SessionUse): never {
  const start = use.session?.start;
  const entity = start?.isLockoutBound === true ? RH.lockout : use.authorizes;
  const isExempt = start?.isDaBound !== true && (entity === undefined || isDaExempt(state, entity));
  if (isExempt) throw new Refusal(RC.badAuth);
  if (entity === RH.lockout) state.lockout.isLockoutAuthOn = false;
  else state.lockout.fail();
  throw new Refusal(RC.authFail);
}

/** [TPM2 SessionProcess.c IsDAExempted] */
export function isDaExempt(state: TpmState, entity: number): boolean {
  switch (typeOfHandle(entity)) {
    case HT.permanent:
      return entity !== RH.lockout;
    case HT.nvIndex:
      return state.nv.find(entity)!.has(NV.noDa);
    case HT.transient:
    case HT.persistent: {
      const key = state.objects.key(entity);
      return key === undefined || has(key.area, OBJECT.noDa);
    }
    default:
      return true;
  }
}

/** Duplication always, administration unless the object's own value may do it, as that of a sequence may. */
function needsPolicy(state: TpmState, command: Command, entity: number, index: number): boolean {
  const role = command.roles[index]!;
  if (role === 'dup') return true;
  if (role !== 'admin') return false;
  const object = state.objects.find(entity);
  if (isSequence(object)) return false;
  return object === undefined || has(object.area, OBJECT.adminWithPolicy);
}

function hasAuthValue(state: TpmState, command: Command, entity: number, at: number): boolean {
  const index = typeOfHandle(entity) === HT.nvIndex ? state.nv.find(entity) : undefined;
  if (index !== undefined) return index.has(NV_WRITES.has(command.code) ? NV.authWrite : NV.authRead);
  const object = state.objects.find(entity);
  if (object === undefined || isSequence(object)) return true;
  if (object.sensitive === undefined) return false;
  const isAdmin = command.roles[at] === 'admin' && !has(object.area, OBJECT.adminWithPolicy);
  return has(object.area, OBJECT.userWithAuth) || isAdmin;
}

function hasPolicy(state: TpmState, command: Command, entity: number, at: number): boolean {
  const index = typeOfHandle(entity) === HT.nvIndex ? state.nv.find(entity) : undefined;
  if (index !== undefined) {
    if (index.area.authPolicy.length === 0) return false;
    if (command.roles[at] === 'admin') return true;
    return index.has(NV_WRITES.has(command.code) ? NV.policyWrite : NV.policyRead);
  }
  const object = state.objects.find(entity);
  if (object !== undefined) return !isSequence(object) && object.sensitive !== undefined;
  return (state.hierarchies.of(entity)?.policy.length ?? 0) > 0;
}

/** [TPM2 SessionProcess.c CheckPolicyAuthSession] */
function checkPolicy(call: Call, use: SessionUse, index: number): void {
  const { state, command } = call;
  const { policy, start } = use.session!;
  const entity = use.authorizes!;
  if (command.code === POLICY_SECRET) demand(policy.needsPassword || policy.needsAuthValue, RC.mode);
  demand(policy.pcrCounter === undefined || policy.pcrCounter === state.pcrs.updateCounter, RC.pcrChanged);
  const wanted = state.policyOf(entity);
  demand(sameBytes(policy.digest, wanted.policy) && wanted.alg === start.hash, RC.policyFail);
  demand(policy.timeoutMs === 0n || policy.timeoutMs >= state.clock, RC.expired);
  if (policy.commandCode !== 0) demand(policy.commandCode === command.code, RC.policyCc);
  else demand(command.roles[index] === 'user', RC.policyFail);
  demand(policy.locality === 0 || (policy.locality & 1) !== 0, RC.locality);
  if (policy.cpHash.length > 0) {
    const seen = policy.hasCpHash ? cpHash(call, start.hash) : nameHash(call, start.hash);
    demand(sameBytes(policy.cpHash, seen), RC.policyFail);
  }
  if (policy.nvWritten === undefined) return;
  const nv = typeOfHandle(entity) === HT.nvIndex ? state.nv.find(entity) : undefined;
  demand(nv?.has(NV.written) === policy.nvWritten, RC.policyFail);
}

const names = ({ state, handles }: Call): Uint8Array[] => handles.map((handle) => state.nameOf(handle));

const nameHash = (call: Call, alg: number): Uint8Array => digest(alg, ...names(call));

/** The digest of a command, as sessions see it. [TPM2 Part 1, 18.7] */
export const cpHash = (call: Call, alg: number): Uint8Array =>
  digest(alg, wordBytes(call.command.code), ...names(call), call.parameters.peek());

/** The digest of a response. */
export const rpHash = (call: Call, alg: number, parameters: Uint8Array): Uint8Array =>
  digest(alg, wordBytes(RC.success), wordBytes(call.command.code), parameters);

/** Name and authorization, by which a bound session knows its entity again. */
export const boundEntity = (state: TpmState, entity: number): Uint8Array =>
  Buffer.concat([state.nameOf(entity), state.authOf(entity)]);

/** The key of a session's HMAC: the authorization is in it unless the session is bound to the entity. */
export function hmacKey(state: TpmState, use: SessionUse, auth?: Uint8Array): Uint8Array {
  const { start, policy, boundTo } = use.session!;
  const entity = use.authorizes;
  if (entity === undefined) return start.sessionKey;
  const isBound = boundTo !== undefined && sameBytes(boundTo, boundEntity(state, entity));
  const needsAuth = start.isPolicy ? policy.needsAuthValue : !isBound;
  return needsAuth ? Buffer.concat([start.sessionKey, auth ?? state.authOf(entity)]) : start.sessionKey;
}

function checkHmac(call: Call, use: SessionUse): void {
  const { state } = call;
  const { start, nonceTpm } = use.session!;
  const key = hmacKey(state, use);
  if (key.length === 0 && use.auth.length === 0) return;
  const expected = hmac(
    start.hash,
    key,
    cpHash(call, start.hash),
    use.nonceCaller,
    nonceTpm,
    Uint8Array.of(use.attributes),
  );
  if (!sameBytes(expected, use.auth)) fail(state, use);
}

/** What a session's encryption mixes into its key and mask: the newer nonce first. */
export interface Nonces {
  readonly newer: Uint8Array;
  readonly older: Uint8Array;
}

/** XOR obfuscation of a parameter, which undoes itself. [TPM2 Part 1, 21.2] */
export function xorMask(session: Session, key: Uint8Array, nonces: Nonces, data: Uint8Array): Uint8Array {
  const { keyBits: hash } = session.start.symmetric;
  const mask = kdfA(hash, key, { label: 'XOR', u: nonces.newer, v: nonces.older }, data.length * 8);
  return data.map((byte, at) => byte ^ mask[at]!);
}

/** Whether the session hides parameters by XOR. */
export const isXor = (session: Session): boolean => session.start.symmetric.alg === ALG.xor;
