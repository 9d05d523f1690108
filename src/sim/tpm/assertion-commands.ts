import type { Call, Command } from './command.ts';
import { demand, RC, RH, ST } from './codes.ts';
import { digest, sameBytes, wordBytes } from './hashes.ts';
import { assertPolicy, checkLimits, extendPolicy, sessionOf, timeoutOf } from './policy-digest.ts';
import type { Session } from './sessions.ts';
import { verify } from './signing.ts';
import type { Ticket } from './types.ts';
import {
  emptyTicket,
  HANDLE,
  MAX_NAME,
  readDigest,
  readSignature,
  readTicket,
  writeTicket,
} from './types.ts';
import { written } from './writer.ts';

const CODE = { secret: 0x151, signed: 0x160, ticket: 0x172, fidoSigned: 0x20008001 } as const;
const TIMEOUT_SIZE = 8;
const MAX_AUTH_DATA = 512;
const MAX_RANGES = 64;

/** What signer or secret vouch for. */
interface Statement {
  readonly nonceTpm: Uint8Array;
  readonly cpHash: Uint8Array;
  readonly policyRef: Uint8Array;
  readonly expiration: number;
}

function readStatement({ parameters }: Call): Statement {
  const nonceTpm = readDigest(parameters).slice();
  const cpHash = readDigest(parameters).slice();
  const policyRef = readDigest(parameters).slice();
  return { nonceTpm, cpHash, policyRef, expiration: parameters.u32() | 0 };
}

/** What a ticket of an assertion is made of. */
function authTicket(call: Call, kind: Pick<Ticket, 'tag' | 'hierarchy'>, claim: Claim): Ticket {
  const timeout = written((writer) => writer.u64(claim.timeoutMs));
  return call.state.ticket(kind.tag, kind.hierarchy, timeout, claim.cpHash, claim.policyRef, claim.name);
}

interface Claim {
  readonly name: Uint8Array;
  readonly policyRef: Uint8Array;
  readonly cpHash: Uint8Array;
  readonly timeoutMs: bigint;
}

/** Adds the assertion to the policy and answers with a timeout and a ticket, which a negative expiration asks for. */
function conclude(
  call: Call,
  session: Session,
  statement: Statement,
  kind: { code: number; tag: number },
): void {
  const { state, handles, response } = call;
  const name = state.nameOf(handles[0]!);
  const timeoutMs = timeoutOf(session, statement.expiration);
  const claim = { name, policyRef: statement.policyRef, cpHash: statement.cpHash, timeoutMs };
  assertPolicy(session, { code: kind.code, ...claim });
  const wantsTicket = statement.expiration < 0 && !session.start.isTrial;
  response.sized(wantsTicket ? written((writer) => writer.u64(timeoutMs)) : new Uint8Array());
  const hierarchy = state.hierarchyOf(handles[0]!);
  writeTicket(
    response,
    wantsTicket ? authTicket(call, { tag: kind.tag, hierarchy }, claim) : emptyTicket(kind.tag),
  );
}

function check(call: Call, session: Session, statement: Statement): void {
  if (session.start.isTrial) return;
  checkLimits(call, session, { ...statement, timeoutMs: timeoutOf(session, statement.expiration) });
}

function policySecret(call: Call): void {
  const statement = readStatement(call);
  call.parameters.finish();
  const session = sessionOf(call, 1);
  check(call, session, statement);
  conclude(call, session, statement, { code: CODE.secret, tag: ST.authSecret });
}

function policySigned(call: Call): void {
  const statement = readStatement(call);
  const signature = readSignature(call.parameters);
  call.parameters.finish();
  const session = sessionOf(call, 1);
  check(call, session, statement);
  if (!session.start.isTrial) {
    const { nonceTpm, cpHash, policyRef, expiration } = statement;
    verify(call.state.key(call.handles[0]!, RC.scheme), signature, (alg) =>
      digest(alg, nonceTpm, wordBytes(expiration), cpHash, policyRef),
    );
  }
  conclude(call, session, statement, { code: CODE.signed, tag: ST.authSigned });
}

function policyTicket(call: Call): void {
  const { parameters } = call;
  const timeout = parameters.sized(TIMEOUT_SIZE).slice();
  const cpHash = readDigest(parameters).slice();
  const policyRef = readDigest(parameters).slice();
  const name = parameters.sized(MAX_NAME).slice();
  const ticket = readTicket(parameters);
  parameters.finish();
  const session = sessionOf(call, 0);
  demand(!session.start.isTrial, RC.attributes);
  demand(timeout.length === TIMEOUT_SIZE, RC.size);
  const timeoutMs = Buffer.from(timeout).readBigUInt64BE();
  checkLimits(call, session, { cpHash, timeoutMs });
  const claim = { name, policyRef, cpHash, timeoutMs };
  const isKnown = ticket.tag === ST.authSigned || ticket.tag === ST.authSecret;
  const expected = authTicket(call, ticket, claim);
  demand(isKnown && ticket.hierarchy !== RH.null && sameBytes(expected.digest, ticket.digest), RC.ticket);
  assertPolicy(session, { code: ticket.tag === ST.authSigned ? CODE.signed : CODE.secret, ...claim });
}

interface Range {
  readonly offset: number;
  readonly size: number;
}

function readRanges({ parameters }: Call, available: number): Range[] {
  const count = parameters.u16();
  demand(count <= MAX_RANGES, RC.size);
  return Array.from({ length: count }, () => {
    const offset = parameters.u16();
    const size = parameters.u16();
    demand(size > 0 && offset + size <= available, RC.value);
    return { offset, size };
  });
}

/** Google's own: a FIDO authenticator signs, and some of what it says goes into the policy. [TPM2 PolicyFidoSigned.c] */
function policyFidoSigned(call: Call): void {
  const { parameters, state, handles } = call;
  const data = parameters.sized(MAX_AUTH_DATA).slice();
  demand(data.length > 0, RC.size);
  const ranges = readRanges(call, data.length);
  const signature = readSignature(parameters);
  parameters.finish();
  const session = sessionOf(call, 1);
  if (!session.start.isTrial)
    verify(state.key(handles[0]!, RC.scheme), signature, (alg) => digest(alg, data, session.nonceTpm));
  extendPolicy(session, CODE.fidoSigned, state.nameOf(handles[0]!));
  const described = ranges.map(({ offset, size }) => Uint8Array.of(offset, offset >> 8, size, size >> 8));
  const chosen = ranges.map(({ offset, size }) => data.subarray(offset, offset + size));
  session.policy.digest = digest(session.start.hash, session.policy.digest, ...described, ...chosen);
}

/** Assertions that somebody vouches for. [TPM2 Part 3, 23.3 to 23.5] */
export const ASSERTION_COMMANDS: readonly Command[] = [
  {
    name: 'PolicySecret',
    code: CODE.secret,
    handles: [HANDLE.entity, HANDLE.policySession],
    roles: ['user'],
    takesEncrypted: true,
    answersEncrypted: true,
    run: policySecret,
  },
  {
    name: 'PolicySigned',
    code: CODE.signed,
    handles: [HANDLE.object, HANDLE.policySession],
    roles: [],
    takesEncrypted: true,
    answersEncrypted: true,
    run: policySigned,
  },
  {
    name: 'PolicyTicket',
    code: CODE.ticket,
    handles: [HANDLE.policySession],
    roles: [],
    takesEncrypted: true,
    run: policyTicket,
  },
  {
    name: 'PolicyFidoSigned',
    code: CODE.fidoSigned,
    handles: [HANDLE.object, HANDLE.policySession],
    roles: [],
    takesEncrypted: true,
    answersEncrypted: true,
    run: policyFidoSigned,
  },
];
