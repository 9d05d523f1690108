import type { Call, Command } from './command.ts';
import { ALG, demand, handleNumber, parameterNumber, RC, RH, ST } from './codes.ts';
import { digest, hmac, MAX_DIGEST, trimmed } from './hashes.ts';
import type { KeyObject, Sequence } from './objects.ts';
import { beginsAsGenerated, Sequence as NewSequence } from './objects.ts';
import { extend, writeDigests } from './pcr-commands.ts';
import { has, OBJECT } from './public-area.ts';
import { emptyTicket, HANDLE, MAX_DIGEST_BUFFER, readHash, readHierarchy, writeTicket } from './types.ts';

/** A ticket for a digest; empty in the null hierarchy, and for what the TPM could have made itself. */
function writeHashTicket(
  { state, response }: Call,
  hierarchy: number,
  value: Uint8Array,
  isSafe: boolean,
): void {
  const isEmpty = !isSafe || hierarchy === RH.null;
  writeTicket(response, isEmpty ? emptyTicket(ST.hashCheck) : state.ticket(ST.hashCheck, hierarchy, value));
}

/** The sequence of a command's handle. @throws Refusal TPM_RC_MODE when that is a key. */
function sequenceOf({ state, handles }: Call, index: number): Sequence {
  const sequence = state.objects.sequence(handles[index]!);
  demand(sequence !== undefined, RC.mode);
  return sequence;
}

/** The key and the hash of an HMAC. @throws Refusal; `number` is what the command adds to codes that blame its key. */
function hmacKeyOf(
  { state, handles }: Call,
  wanted: number,
  number: number,
): { key: KeyObject; alg: number } {
  const key = state.key(handles[0]!, RC.type + number);
  demand(key.area.type === ALG.keyedHash, RC.type + number);
  demand(!has(key.area, OBJECT.restricted), RC.attributes + number);
  demand(has(key.area, OBJECT.sign), RC.key + number);
  const { scheme } = key.area.parameters;
  const fits = scheme.alg === ALG.null || wanted === ALG.null || wanted === scheme.hash;
  const alg = scheme.alg === ALG.null ? wanted : scheme.hash;
  demand(fits && alg !== ALG.null, RC.value + parameterNumber(1));
  return { key, alg };
}

function completeSequence(call: Call): void {
  const { parameters, handles, state, response } = call;
  const data = parameters.sized(MAX_DIGEST_BUFFER);
  const hierarchy = readHierarchy(parameters);
  parameters.finish();
  const sequence = sequenceOf(call, 0);
  demand(sequence.kind !== 'event', RC.mode);
  sequence.update(data);
  const value = sequence.finish()[0]!.digest;
  state.objects.flush(handles[0]!);
  response.sized(value);
  writeHashTicket(call, hierarchy, value, sequence.kind === 'hash' && sequence.isSafe);
}

function completeEvent(call: Call): void {
  const { parameters, handles, state, response } = call;
  const [pcr, handle] = handles;
  const data = parameters.sized(MAX_DIGEST_BUFFER);
  parameters.finish();
  const sequence = sequenceOf(call, 1);
  demand(sequence.kind === 'event', RC.mode);
  demand(pcr === RH.null || state.pcrs.canExtend(pcr!), RC.locality);
  sequence.update(data);
  const digests = sequence.finish().map((each) => [each.alg, each.digest] as const);
  state.objects.flush(handle!);
  extend(state, pcr!, digests);
  writeDigests(response, digests);
}

/** [TPM2 Part 3, 15.4 and 15.5] [TPM2 Part 3, 17] */
export const HASH_COMMANDS: readonly Command[] = [
  {
    name: 'SequenceComplete',
    code: 0x13e,
    handles: [HANDLE.object],
    roles: ['user'],
    takesEncrypted: true,
    answersEncrypted: true,
    flushes: true,
    run: completeSequence,
  },
  {
    name: 'HMAC',
    code: 0x155,
    handles: [HANDLE.object],
    roles: ['user'],
    takesEncrypted: true,
    answersEncrypted: true,
    run: (call) => {
      const data = call.parameters.sized(MAX_DIGEST_BUFFER);
      const wanted = readHash(call.parameters, true);
      call.parameters.finish();
      const { key, alg } = hmacKeyOf(call, wanted, 0);
      call.response.sized(hmac(alg, key.sensitive!.bits, data));
    },
  },
  {
    name: 'HMAC_Start',
    code: 0x15b,
    handles: [HANDLE.object],
    roles: ['user'],
    takesEncrypted: true,
    answersHandle: true,
    run: (call) => {
      const auth = trimmed(call.parameters.sized(MAX_DIGEST));
      const wanted = readHash(call.parameters, true);
      call.parameters.finish();
      const { key, alg } = hmacKeyOf(call, wanted, handleNumber(0));
      call.newHandle = call.state.objects.load(new NewSequence('hmac', auth, alg, key.sensitive!.bits));
    },
  },
  {
    name: 'SequenceUpdate',
    code: 0x15c,
    handles: [HANDLE.object],
    roles: ['user'],
    takesEncrypted: true,
    run: (call) => {
      const data = call.parameters.sized(MAX_DIGEST_BUFFER);
      call.parameters.finish();
      sequenceOf(call, 0).update(data);
    },
  },
  {
    name: 'Hash',
    code: 0x17d,
    handles: [],
    roles: [],
    takesEncrypted: true,
    answersEncrypted: true,
    run: (call) => {
      const { parameters, response } = call;
      const data = parameters.sized(MAX_DIGEST_BUFFER);
      const alg = readHash(parameters);
      const hierarchy = readHierarchy(parameters);
      parameters.finish();
      const value = digest(alg, data);
      response.sized(value);
      writeHashTicket(call, hierarchy, value, !beginsAsGenerated(data));
    },
  },
  {
    name: 'EventSequenceComplete',
    code: 0x185,
    handles: [HANDLE.pcrOrNull, HANDLE.object],
    roles: ['user', 'user'],
    takesEncrypted: true,
    touchesNv: true,
    flushes: true,
    run: completeEvent,
  },
  {
    name: 'HashSequenceStart',
    code: 0x186,
    handles: [],
    roles: [],
    takesEncrypted: true,
    answersHandle: true,
    run: (call) => {
      const auth = trimmed(call.parameters.sized(MAX_DIGEST));
      const alg = readHash(call.parameters, true);
      call.parameters.finish();
      const kind = alg === ALG.null ? 'event' : 'hash';
      call.newHandle = call.state.objects.load(new NewSequence(kind, auth, alg));
    },
  },
];
