import { demand, RC } from './codes.ts';
import type { Call } from './command.ts';
import { digest, digestSize, sameBytes, wordBytes } from './hashes.ts';
import type { Session } from './sessions.ts';

/** The policy session of a command, which is its handle number `index`, counted from 0. */
export const sessionOf = ({ state, handles }: Call, index: number): Session =>
  state.sessions.find(handles[index]!)!;

/** Adds a step to a policy: the digest over what it was, the command and what the command says. */
export function extendPolicy(session: Session, code: number, ...parts: readonly Uint8Array[]): void {
  const { policy, start } = session;
  policy.digest = digest(start.hash, policy.digest, wordBytes(code), ...parts);
}

/** What an assertion about an entity adds to a policy. [TPM2 Part 3, 23.2.3] */
export interface Assertion {
  readonly code: number;
  readonly name: Uint8Array;
  readonly policyRef: Uint8Array;
  readonly cpHash: Uint8Array;
  readonly timeoutMs: bigint;
}

/** The two digests of an assertion; limits only become tighter. */
export function assertPolicy(
  session: Session,
  { code, name, policyRef, cpHash, timeoutMs }: Assertion,
): void {
  const { policy, start } = session;
  extendPolicy(session, code, name);
  policy.digest = digest(start.hash, policy.digest, policyRef);
  if (cpHash.length > 0) {
    policy.cpHash = cpHash;
    policy.hasCpHash = true;
  }
  if (timeoutMs !== 0n && (policy.timeoutMs === 0n || timeoutMs < policy.timeoutMs))
    policy.timeoutMs = timeoutMs;
}

/** What an assertion is limited to. */
export interface Limits {
  readonly nonceTpm?: Uint8Array;
  readonly cpHash: Uint8Array;
  readonly timeoutMs: bigint;
}

/** @throws Refusal as the library does. [TPM2 Policy_spt.c PolicyParameterChecks] */
export function checkLimits(
  { state }: Call,
  session: Session,
  { nonceTpm, cpHash, timeoutMs }: Limits,
): void {
  const { policy, start } = session;
  const isNonceGiven = nonceTpm !== undefined && nonceTpm.length > 0;
  if (isNonceGiven) demand(sameBytes(nonceTpm, session.nonceTpm), RC.nonce);
  if (timeoutMs !== 0n) demand(timeoutMs >= state.clock, RC.expired);
  if (cpHash.length === 0) return;
  demand(policy.cpHash.length === 0 || sameBytes(policy.cpHash, cpHash), RC.cpHash);
  demand(cpHash.length === digestSize(start.hash), RC.size);
}

/** When an assertion ends, for an expiration in seconds whose sign only tells whether a ticket is wanted. */
export function timeoutOf(session: Session, expiration: number): bigint {
  return expiration === 0 ? 0n : session.start.startedMs + BigInt(Math.abs(expiration)) * 1000n;
}

/** TPM_EO, by number. [TPM2 Part 2, 6.8] */
const COMPARISONS: readonly ((a: Comparison) => boolean)[] = [
  ({ unsigned }) => unsigned === 0,
  ({ unsigned }) => unsigned !== 0,
  ({ signed }) => signed > 0,
  ({ unsigned }) => unsigned > 0,
  ({ signed }) => signed < 0,
  ({ unsigned }) => unsigned < 0,
  ({ signed }) => signed >= 0,
  ({ unsigned }) => unsigned >= 0,
  ({ signed }) => signed <= 0,
  ({ unsigned }) => unsigned <= 0,
  ({ a, b }) => a.every((byte, at) => (byte & b[at]!) === b[at]),
  ({ a, b }) => a.every((byte, at) => (byte & b[at]!) === 0),
];

interface Comparison {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly unsigned: number;
  readonly signed: number;
}

const sign = (value: bigint): number => (value > 0n ? 1 : value < 0n ? -1 : 0);

const unsignedOf = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);

const isNegative = (bytes: Uint8Array): boolean => (bytes[0] ?? 0) >= 0x80;

/**
 * How the library orders two numbers with a sign: of two negative ones that is the greater whose bytes are the less.
 * [TPM2 MathFunctions.c _math__Comp]
 */
function signedOrder(a: Uint8Array, b: Uint8Array, unsigned: number): number {
  if (isNegative(a) !== isNegative(b)) return isNegative(a) ? -1 : 1;
  return isNegative(a) ? -unsigned : unsigned;
}

/** Whether a number is one of the comparisons of TPM_EO. [TPM2 Part 2, 6.8] */
export const isOperation = (operation: number): boolean => operation < COMPARISONS.length;

/** Whether `a` stands to `b` as `operation` says; both are of one length. */
export function compares(operation: number, a: Uint8Array, b: Uint8Array): boolean {
  const unsigned = sign(unsignedOf(a) - unsignedOf(b));
  return COMPARISONS[operation]!({ a, b, unsigned, signed: signedOrder(a, b, unsigned) });
}
