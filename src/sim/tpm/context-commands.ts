import type { Call, Command } from './command.ts';
import { ALG, demand, HT, RC, RH, typeOfHandle } from './codes.ts';
import { digest, digestSize, hmac, MAX_DIGEST, sameBytes } from './hashes.ts';
import type { Loaded } from './objects.ts';
import { isSequence } from './objects.ts';
import { has, OBJECT } from './public-area.ts';
import { CommandReader } from './reader.ts';
import type { TpmState } from './state.ts';
import { HANDLE, readHierarchy } from './types.ts';
import { written } from './writer.ts';

/** A context blob: integrity, a fingerprint and what stands for the encrypted object or session. */
const MAX_BLOB = 2116;
/** The sequence number and the library's own structure. [TPM2 Global.h OBJECT, SESSION] */
const BODY_SIZE = { object: 8 + 1536, session: 8 + 312 } as const;

/** The sequence number once more, first in what is encrypted. */
const FINGERPRINT_SIZE = 8;

/** Saved handles of objects tell what was saved. [TPM2 Part 2, 14.6.2] */
const SAVED = { object: 0x80000000, sequence: 0x80000001, stClear: 0x80000002 } as const;

function savedHandleOf(object: Loaded): number {
  if (isSequence(object)) return SAVED.sequence;
  return has(object.area, OBJECT.stClear) ? SAVED.stClear : SAVED.object;
}

interface Context {
  readonly sequence: bigint;
  readonly handle: number;
  readonly hierarchy: number;
}

/** The blob that goes with a context. A change to either is found, and the context is refused. */
function blobOf(state: TpmState, { sequence, handle, hierarchy }: Context, isObject: boolean): Uint8Array {
  const head = written((writer) => writer.u64(sequence).u32(handle).u32(hierarchy));
  const proof = state.hierarchies.proof(hierarchy);
  const size = isObject ? BODY_SIZE.object : BODY_SIZE.session;
  const body = Buffer.alloc(size, Buffer.from(digest(ALG.sha256, proof, head)));
  const integrity = hmac(ALG.sha256, proof, head, body);
  return written((writer) => writer.sized(integrity).bytes(body));
}

function save({ state, handles, response }: Call): void {
  const handle = handles[0]!;
  const sequence = ++state.contextSequence;
  const object = typeOfHandle(handle) === HT.transient ? state.objects.find(handle)! : undefined;
  if (object === undefined) state.sessions.save(handle, sequence);
  else state.saveContext(sequence, object);
  const hierarchy = object === undefined || isSequence(object) ? RH.null : object.hierarchy;
  const context = { sequence, handle: object === undefined ? handle : savedHandleOf(object), hierarchy };
  response.u64(sequence).u32(context.handle).u32(hierarchy);
  response.sized(blobOf(state, context, object !== undefined));
}

/** A digest of the right size and something behind it, before anything is compared. [TPM2 ContextLoad.c] */
function checkBlob(blob: Uint8Array): void {
  const reader = new CommandReader(blob);
  demand(reader.sized(MAX_DIGEST).length === digestSize(ALG.sha256), RC.size);
  demand(reader.rest >= FINGERPRINT_SIZE, RC.size);
}

function load(call: Call): void {
  const { state, parameters } = call;
  const sequence = parameters.u64();
  const handle = parameters.u32();
  demand(HANDLE.context(handle), RC.value);
  const hierarchy = readHierarchy(parameters);
  const blob = parameters.sized(MAX_BLOB);
  parameters.finish();
  checkBlob(blob);
  const isObject = typeOfHandle(handle) === HT.transient;
  demand(sameBytes(blob, blobOf(state, { sequence, handle, hierarchy }, isObject)), RC.integrity);
  demand(state.hierarchies.isOn(hierarchy), RC.hierarchy);
  if (isObject) {
    const object = state.findContext(sequence);
    demand(object !== undefined, RC.integrity);
    call.newHandle = state.objects.load(object);
    return;
  }
  state.sessions.reload(handle, sequence);
  call.newHandle = handle;
}

/** [TPM2 Part 3, 28.2 and 28.3] */
export const CONTEXT_COMMANDS: readonly Command[] = [
  {
    name: 'ContextLoad',
    code: 0x161,
    handles: [],
    roles: [],
    refusesSessions: true,
    answersHandle: true,
    run: load,
  },
  {
    name: 'ContextSave',
    code: 0x162,
    handles: [HANDLE.context],
    roles: [],
    refusesSessions: true,
    run: save,
  },
];
