import type { Call, Command } from './command.ts';
import {
  ALG,
  demand,
  handleNumber,
  HT,
  parameterNumber,
  RC,
  RH,
  ST,
  typeOfHandle,
  withNumber,
  Refusal,
} from './codes.ts';
import { digest, digestSize, MAX_DIGEST, sameBytes, trimmed } from './hashes.ts';
import { checkAttributes, checkConsistent, checkScheme, demandParent } from './key-checks.ts';
import type { NewKey, SensitiveCreate } from './key-creation.ts';
import { createKey, externalOf, objectOf, primaryRandom, qualifiedNameOf } from './key-creation.ts';
import type { KeyObject } from './objects.ts';
import { isSequence } from './objects.ts';
import type { PublicArea, Sensitive } from './public-area.ts';
import { has, OBJECT, publicBytes, nameOf, readPublic, readSensitive } from './public-area.ts';
import type { CommandReader } from './reader.ts';
import type { PcrSelection } from './types.ts';
import {
  HANDLE,
  MAX_DATA,
  MAX_PRIVATE,
  MAX_SYM_DATA,
  readHierarchy,
  readPcrSelections,
  writePcrSelections,
  writeTicket,
} from './types.ts';
import { wordBytes } from './hashes.ts';
import { unwrapSensitive, wrapSensitive } from './wrapping.ts';
import { written } from './writer.ts';

const IV_SIZE = 16;
const LOCALITY_0 = 1;
const PLATFORM_PERSISTENT = 0x81800000;

/** What Create and CreatePrimary are asked for. */
interface Wanted {
  readonly sensitive: SensitiveCreate;
  readonly area: PublicArea;
  readonly outsideInfo: Uint8Array;
  readonly pcrs: readonly PcrSelection[];
}

const readSensitiveCreate = (reader: CommandReader): SensitiveCreate => ({
  auth: trimmed(reader.sized(MAX_DIGEST)),
  data: reader.sized(MAX_SYM_DATA).slice(),
});

function readWanted({ parameters }: Call): Wanted {
  const sensitive = parameters.boxed(readSensitiveCreate);
  const area = parameters.boxed(readPublic);
  const outsideInfo = parameters.sized(MAX_DATA).slice();
  const pcrs = readPcrSelections(parameters);
  parameters.finish();
  return { sensitive, area, outsideInfo, pcrs };
}

/** Runs `check`; a format 1 code that it refuses with blames parameter `index`. */
function blaming(index: number, check: () => void): void {
  try {
    check();
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    throw new Refusal(withNumber(refusal.code, parameterNumber(index)));
  }
}

/** Both name their parameters. [TPM2 TPM_Types.h] */
function checkWanted({ sensitive, area }: Wanted, parent: KeyObject | undefined): void {
  const isDrawn = sensitive.data.length === 0;
  demand(has(area, OBJECT.sensitiveDataOrigin) === isDrawn, RC.attributes + parameterNumber(0));
  blaming(1, () => {
    checkAttributes(area, { parent, isLoaded: false });
  });
  demand(sensitive.auth.length <= digestSize(area.nameAlg), RC.size + parameterNumber(0));
}

/** What the creation happened in, its digest, and a ticket for both. [TPM2 Part 2, 15.1] */
function writeCreation(call: Call, wanted: Wanted, key: KeyObject, parent: KeyObject | number): void {
  const { state, response } = call;
  const { nameAlg } = key.area;
  const isPrimary = typeof parent === 'number';
  const pcrs = wanted.pcrs.map((bank) => state.pcrs.filter(bank));
  const data = written((writer) => {
    writePcrSelections(writer, pcrs);
    writer.sized(state.pcrs.digestOf(nameAlg, pcrs)).u8(LOCALITY_0);
    writer.u16(isPrimary ? ALG.null : parent.area.nameAlg);
    writer.sized(isPrimary ? wordBytes(parent) : parent.name);
    writer.sized(isPrimary ? wordBytes(parent) : parent.qualifiedName);
    writer.sized(wanted.outsideInfo);
  });
  const value = digest(nameAlg, data);
  response.sized(data).sized(value);
  writeTicket(response, state.ticket(ST.creation, key.hierarchy, key.name, value));
}

function createPrimary(call: Call): void {
  const { state, handles, response } = call;
  const hierarchy = handles[0]!;
  const wanted = readWanted(call);
  checkWanted(wanted, undefined);
  const random = primaryRandom(state.hierarchies.seed(hierarchy), wanted.area);
  const key = objectOf(createKey(wanted.area, wanted.sensitive, random), hierarchy);
  call.newHandle = state.objects.load(key);
  response.sized(publicBytes(key.area));
  writeCreation(call, wanted, key, hierarchy);
  response.sized(key.name);
}

function create(call: Call): void {
  const { state, handles, response } = call;
  const wanted = readWanted(call);
  const parent = state.key(handles[0]!, RC.type + handleNumber(0));
  demandParent(parent, RC.type + handleNumber(0));
  checkWanted(wanted, parent);
  const made: NewKey = createKey(wanted.area, wanted.sensitive, state.random);
  const key = objectOf(made, parent);
  response.sized(wrapSensitive(parent, key.name, made.sensitive, state.random.bytes(IV_SIZE)));
  response.sized(publicBytes(key.area));
  writeCreation(call, wanted, key, parent);
}

function load(call: Call): void {
  const { state, handles, parameters, response } = call;
  const blob = parameters.sized(MAX_PRIVATE);
  const area = parameters.boxed(readPublic);
  parameters.finish();
  demand(blob.length > 0, RC.size);
  const parent = state.key(handles[0]!, RC.type);
  demandParent(parent, RC.type);
  const sensitive = unwrapSensitive(parent, nameOf(area), blob);
  if (!has(parent.area, OBJECT.fixedTpm)) {
    checkAttributes(area, { parent, isLoaded: true });
    state.objects.demandSlot();
    checkConsistent(area, sensitive);
  }
  const key = objectOf({ area, sensitive }, parent);
  call.newHandle = state.objects.load(key);
  response.sized(key.name);
}

/** TPM2B_SENSITIVE: empty, or a structure whose size nobody compares. [TPM2 tpm_generated.c] */
function readExternal(parameters: CommandReader): Sensitive | undefined {
  return parameters.u16() === 0 ? undefined : readSensitive(parameters);
}

function loadExternal(call: Call): void {
  const { state, parameters, response } = call;
  const sensitive = readExternal(parameters);
  const area = parameters.boxed(readPublic);
  const hierarchy = readHierarchy(parameters);
  parameters.finish();
  if (sensitive !== undefined) {
    demand(hierarchy === RH.null, RC.hierarchy);
    const fixed = OBJECT.fixedTpm | OBJECT.fixedParent | OBJECT.restricted;
    demand(!has(area, fixed), RC.attributes);
  }
  checkScheme(area, { isLoaded: true });
  state.objects.demandSlot();
  checkConsistent(area, sensitive);
  const key = externalOf(area, sensitive, hierarchy);
  call.newHandle = state.objects.load(key);
  response.sized(key.name);
}

function readPublicOf({ state, handles, response }: Call): void {
  const key = state.key(handles[0]!, RC.sequence);
  response.sized(publicBytes(key.area)).sized(key.name).sized(key.qualifiedName);
}

function unsealData({ state, handles, response }: Call): void {
  const { area, sensitive } = state.key(handles[0]!, RC.type);
  demand(area.type === ALG.keyedHash, RC.type);
  demand(!has(area, OBJECT.decrypt | OBJECT.sign | OBJECT.restricted), RC.attributes);
  response.sized(sensitive!.bits);
}

/** [TPM2 Part 3, 28.5] */
function evictControl({ state, handles, parameters }: Call): void {
  const [auth, handle] = handles as [number, number];
  const persistent = parameters.u32();
  demand(typeOfHandle(persistent) === HT.persistent, RC.value);
  parameters.finish();
  const key = state.objects.find(handle);
  demand(key !== undefined && !isSequence(key), RC.attributes);
  const isTemporary = key.hierarchy === RH.null || !key.isInternal;
  demand(key.sensitive !== undefined && !has(key.area, OBJECT.stClear) && !isTemporary, RC.attributes);
  const isPersistent = typeOfHandle(handle) === HT.persistent;
  demand(!isPersistent || persistent === handle, RC.handle);
  const isPlatform = auth === RH.platform;
  // The platform takes back whatever is persistent; otherwise each has its own.
  demand((isPlatform && isPersistent) || (key.hierarchy === RH.platform) === isPlatform, RC.hierarchy);
  if (isPersistent) {
    state.objects.evict(handle);
    return;
  }
  demand(persistent >= PLATFORM_PERSISTENT === isPlatform, RC.range);
  demand(state.objects.find(persistent) === undefined, RC.nvDefined);
  state.objects.persist(persistent, key);
}

function changeAuth(call: Call): void {
  const { state, handles, parameters, response } = call;
  const auth = trimmed(parameters.sized(MAX_DIGEST));
  parameters.finish();
  const key = state.key(handles[0]!, RC.type);
  const parent = state.key(handles[1]!, RC.type);
  demand(auth.length <= digestSize(key.area.nameAlg), RC.size);
  const above = qualifiedNameOf(parent.qualifiedName, key.area, key.name);
  demand(sameBytes(above, key.qualifiedName), RC.type);
  demandParent(parent, RC.type);
  const sensitive = { ...key.sensitive!, auth };
  response.sized(wrapSensitive(parent, key.name, sensitive, state.random.bytes(IV_SIZE)));
}

const BOTH_WAYS = { takesEncrypted: true, answersEncrypted: true } as const;

/** [TPM2 Part 3, 12] [TPM2 Part 3, 24.1] [TPM2 Part 3, 28.5] */
export const OBJECT_COMMANDS: readonly Command[] = [
  {
    name: 'EvictControl',
    code: 0x120,
    handles: [HANDLE.provision, HANDLE.object],
    roles: ['user'],
    touchesNv: true,
    run: evictControl,
  },
  {
    name: 'CreatePrimary',
    code: 0x131,
    handles: [HANDLE.hierarchyOrNull],
    roles: ['user'],
    ...BOTH_WAYS,
    answersHandle: true,
    run: createPrimary,
  },
  {
    name: 'ObjectChangeAuth',
    code: 0x150,
    handles: [HANDLE.object, HANDLE.object],
    roles: ['admin'],
    ...BOTH_WAYS,
    run: changeAuth,
  },
  { name: 'Create', code: 0x153, handles: [HANDLE.object], roles: ['user'], ...BOTH_WAYS, run: create },
  {
    name: 'Load',
    code: 0x157,
    handles: [HANDLE.object],
    roles: ['user'],
    ...BOTH_WAYS,
    answersHandle: true,
    run: load,
  },
  {
    name: 'Unseal',
    code: 0x15e,
    handles: [HANDLE.object],
    roles: ['user'],
    answersEncrypted: true,
    run: unsealData,
  },
  {
    name: 'LoadExternal',
    code: 0x167,
    handles: [],
    roles: [],
    ...BOTH_WAYS,
    answersHandle: true,
    run: loadExternal,
  },
  {
    name: 'ReadPublic',
    code: 0x173,
    handles: [HANDLE.object],
    roles: [],
    answersEncrypted: true,
    run: readPublicOf,
  },
];
