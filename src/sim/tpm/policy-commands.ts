import type { Call, Command } from './command.ts';
import { demand, parameterNumber, RC, RH, ST } from './codes.ts';
import { digest, digestSize, sameBytes, wordBytes } from './hashes.ts';
import { demandRead } from './nv-commands.ts';
import { compares, extendPolicy, isOperation, sessionOf } from './policy-digest.ts';
import type { CommandReader } from './reader.ts';
import type { Session } from './sessions.ts';
import {
  HANDLE,
  MAX_NAME,
  readDigest,
  readPcrSelections,
  readTicket,
  readYesNo,
  writePcrSelections,
} from './types.ts';
import { written } from './writer.ts';
import { writeTime } from './clock-commands.ts';

const CODE = {
  nv: 0x149,
  authorize: 0x16a,
  authValue: 0x16b,
  commandCode: 0x16c,
  counterTimer: 0x16d,
  cpHash: 0x16e,
  locality: 0x16f,
  nameHash: 0x170,
  or: 0x171,
  pcr: 0x17f,
  duplicationSelect: 0x188,
  nvWritten: 0x18f,
  duplicate: 0x14b,
} as const;

/** RC_POLICY: a comparison does not hold. */
const POLICY_RC = 0x126;
const EXTENDED_LOCALITY = 32;
const ALL_LOCALITIES = 0x1f;
const LEAST_BRANCHES = 2;
const MAX_BRANCHES = 8;

const row = (name: string, code: number, run: Command['run'], rest: Partial<Command> = {}): Command => ({
  name,
  code,
  handles: [HANDLE.policySession],
  roles: [],
  run,
  ...rest,
});

const zeros = ({ start }: Session): Uint8Array => new Uint8Array(digestSize(start.hash));

function policyOr(call: Call): void {
  const { parameters } = call;
  const count = parameters.u32();
  demand(count >= LEAST_BRANCHES && count <= MAX_BRANCHES, RC.size);
  const branches = Array.from({ length: count }, () => readDigest(parameters).slice());
  parameters.finish();
  const session = sessionOf(call, 0);
  const { policy } = session;
  const fits = session.start.isTrial || branches.some((branch) => sameBytes(branch, policy.digest));
  demand(fits, RC.value + parameterNumber(0));
  policy.digest = zeros(session);
  extendPolicy(session, CODE.or, ...branches);
}

function policyPcr(call: Call): void {
  const { parameters, state } = call;
  const wanted = readDigest(parameters).slice();
  const selections = readPcrSelections(parameters);
  parameters.finish();
  const session = sessionOf(call, 0);
  const { policy, start } = session;
  const { updateCounter } = state.pcrs;
  if (!start.isTrial) {
    demand(policy.pcrCounter === undefined || policy.pcrCounter === updateCounter, RC.pcrChanged);
    const current = state.pcrs.digestOf(start.hash, selections);
    demand(wanted.length === 0 || sameBytes(wanted, current), RC.value + parameterNumber(0));
    policy.pcrCounter = updateCounter;
  }
  const seen = start.isTrial ? wanted : state.pcrs.digestOf(start.hash, selections);
  const filtered = selections.map((bank) => state.pcrs.filter(bank));
  extendPolicy(
    session,
    CODE.pcr,
    written((writer) => {
      writePcrSelections(writer, filtered);
    }),
    seen,
  );
}

function policyLocality(call: Call): void {
  const locality = call.parameters.u8();
  call.parameters.finish();
  const session = sessionOf(call, 0);
  const { policy } = session;
  demand(locality !== 0, RC.range);
  if (locality >= EXTENDED_LOCALITY) {
    demand(policy.locality === 0 || policy.locality === locality, RC.range);
    policy.locality = locality;
  } else {
    demand(policy.locality < EXTENDED_LOCALITY, RC.range);
    const both = (policy.locality === 0 ? ALL_LOCALITIES : policy.locality) & locality;
    demand(both !== 0, RC.range);
    policy.locality = both;
  }
  extendPolicy(session, CODE.locality, Uint8Array.of(locality));
}

interface Operand {
  readonly value: Uint8Array;
  readonly offset: number;
  readonly operation: number;
}

function readOperand(parameters: CommandReader): Operand {
  const value = readDigest(parameters).slice();
  const offset = parameters.u16();
  const operation = parameters.u16();
  demand(isOperation(operation), RC.value);
  parameters.finish();
  return { value, offset, operation };
}

const argumentHash = ({ start }: Session, { value, offset, operation }: Operand): Uint8Array =>
  digest(
    start.hash,
    value,
    written((writer) => writer.u16(offset).u16(operation)),
  );

function policyNv(call: Call): void {
  const operand = readOperand(call.parameters);
  const session = sessionOf(call, 2);
  const { value, offset, operation } = operand;
  const [auth, handle] = call.handles;
  if (!session.start.isTrial) {
    const index = demandRead(call.state, auth!, handle!);
    demand(offset + value.length <= index.area.dataSize, RC.size);
    demand(compares(operation, index.data.subarray(offset, offset + value.length), value), POLICY_RC);
  }
  extendPolicy(session, CODE.nv, argumentHash(session, operand), call.state.nameOf(handle!));
}

function policyCounterTimer(call: Call): void {
  const operand = readOperand(call.parameters);
  const session = sessionOf(call, 0);
  const { value, offset, operation } = operand;
  if (!session.start.isTrial) {
    const time = written((writer) => {
      writeTime(writer, call.state);
    });
    demand(offset + value.length <= time.length, RC.range);
    demand(compares(operation, time.subarray(offset, offset + value.length), value), POLICY_RC);
  }
  extendPolicy(session, CODE.counterTimer, argumentHash(session, operand));
}

/** Limits a policy to one set of parameters, or of names. */
function limit(call: Call, code: number, hasCpHash: boolean): void {
  const hash = readDigest(call.parameters).slice();
  call.parameters.finish();
  const session = sessionOf(call, 0);
  const { policy, start } = session;
  demand(hash.length === digestSize(start.hash), RC.size);
  const isSame = hasCpHash && policy.hasCpHash && sameBytes(policy.cpHash, hash);
  demand(policy.cpHash.length === 0 || isSame, RC.cpHash);
  extendPolicy(session, code, hash);
  Object.assign(policy, { cpHash: hash, hasCpHash });
}

function policyDuplicationSelect(call: Call): void {
  const { parameters } = call;
  const object = parameters.sized(MAX_NAME).slice();
  const parent = parameters.sized(MAX_NAME).slice();
  const includesObject = readYesNo(parameters);
  parameters.finish();
  const session = sessionOf(call, 0);
  const { policy, start } = session;
  demand(policy.cpHash.length === 0, RC.cpHash);
  demand(policy.commandCode === 0, RC.commandCode);
  const names = includesObject ? [object, parent] : [parent];
  extendPolicy(session, CODE.duplicationSelect, ...names, Uint8Array.of(includesObject ? 1 : 0));
  Object.assign(policy, {
    cpHash: digest(start.hash, object, parent),
    hasCpHash: false,
    commandCode: CODE.duplicate,
  });
}

function policyAuthorize(call: Call): void {
  const { parameters, state } = call;
  const approved = readDigest(parameters).slice();
  const policyRef = readDigest(parameters).slice();
  const signer = parameters.sized(MAX_NAME).slice();
  const ticket = readTicket(parameters);
  parameters.finish();
  const session = sessionOf(call, 0);
  const { policy, start } = session;
  const alg = signer.length < 2 ? 0 : (signer[0]! << 8) | signer[1]!;
  demand(digestSize(alg) > 0, RC.hash);
  demand(digestSize(alg) === signer.length - 2, RC.size);
  if (!start.isTrial) {
    demand(sameBytes(approved, policy.digest), RC.value);
    const expected = state.ticket(ST.verified, ticket.hierarchy, digest(alg, approved, policyRef), signer);
    const isReal = ticket.tag === ST.verified && ticket.hierarchy !== RH.null;
    demand(isReal && sameBytes(expected.digest, ticket.digest), RC.value);
  }
  policy.digest = zeros(session);
  extendPolicy(session, CODE.authorize, signer);
  policy.digest = digest(start.hash, policy.digest, policyRef);
}

/** Asks for the authorization value, in an HMAC or in the clear. */
function needValue(call: Call, needsPassword: boolean): void {
  const session = sessionOf(call, 0);
  extendPolicy(session, CODE.authValue);
  Object.assign(session.policy, { needsPassword, needsAuthValue: !needsPassword });
}

function policyCommandCode(call: Call): void {
  const code = call.parameters.u32();
  demand(call.state.profile.commands.has(code), RC.commandCode);
  call.parameters.finish();
  const session = sessionOf(call, 0);
  const { policy } = session;
  demand([0, code].includes(policy.commandCode), RC.value + parameterNumber(0));
  extendPolicy(session, CODE.commandCode, wordBytes(code));
  policy.commandCode = code;
}

function policyNvWritten(call: Call): void {
  const isWritten = readYesNo(call.parameters);
  call.parameters.finish();
  const session = sessionOf(call, 0);
  const { policy } = session;
  const isNew = policy.nvWritten === undefined || policy.nvWritten === isWritten;
  demand(isNew, RC.value + parameterNumber(0));
  policy.nvWritten = isWritten;
  extendPolicy(session, CODE.nvWritten, Uint8Array.of(isWritten ? 1 : 0));
}

const ENCRYPTED = { takesEncrypted: true } as const;

/** [TPM2 Part 3, 23] */
export const POLICY_COMMANDS: readonly Command[] = [
  row('PolicyNV', CODE.nv, policyNv, {
    handles: [HANDLE.nvAuth, HANDLE.nvIndex, HANDLE.policySession],
    roles: ['user'],
    takesEncrypted: true,
  }),
  row('PolicyAuthorize', CODE.authorize, policyAuthorize, ENCRYPTED),
  row('PolicyAuthValue', CODE.authValue, (call) => {
    needValue(call, false);
  }),
  row('PolicyCommandCode', CODE.commandCode, policyCommandCode),
  row('PolicyCounterTimer', CODE.counterTimer, policyCounterTimer, ENCRYPTED),
  row(
    'PolicyCpHash',
    CODE.cpHash,
    (call) => {
      limit(call, CODE.cpHash, true);
    },
    ENCRYPTED,
  ),
  row('PolicyLocality', CODE.locality, policyLocality),
  row(
    'PolicyNameHash',
    CODE.nameHash,
    (call) => {
      limit(call, CODE.nameHash, false);
    },
    ENCRYPTED,
  ),
  row('PolicyOR', CODE.or, policyOr),
  row('PolicyPCR', CODE.pcr, policyPcr, ENCRYPTED),
  row('PolicyDuplicationSelect', CODE.duplicationSelect, policyDuplicationSelect, ENCRYPTED),
  row(
    'PolicyGetDigest',
    0x189,
    (call) => {
      call.response.sized(sessionOf(call, 0).policy.digest);
    },
    { answersEncrypted: true },
  ),
  row('PolicyPassword', 0x18c, (call) => {
    needValue(call, true);
  }),
  row('PolicyNvWritten', CODE.nvWritten, policyNvWritten),
];
