import type { Call, Command } from './command.ts';
import { demand, RC, RH } from './codes.ts';
import { digest, digestSize, MAX_DIGEST, trimmed } from './hashes.ts';
import { checkDefinition, NV, NvIndex, nvPublicBytes, readNvPublic } from './nv.ts';
import type { TpmState } from './state.ts';
import { HANDLE, MAX_NV_BUFFER } from './types.ts';

/** The authorizing entity has to be the index itself, or owner or platform where the index allows it. [TPM2 NV_spt.c] */
function mayUse(
  index: NvIndex,
  auth: number,
  bits: { readonly platform: number; readonly owner: number },
): boolean {
  if (auth === RH.platform) return index.has(bits.platform);
  if (auth === RH.owner) return index.has(bits.owner);
  return auth === index.area.index;
}

/** The index, once it may be read by this authorization and has been written. @throws TPM_RC_NV_AUTHORIZATION, TPM_RC_NV_UNINITIALIZED */
export function demandRead(state: TpmState, auth: number, handle: number): NvIndex {
  const index = state.nv.find(handle)!;
  demand(mayUse(index, auth, { platform: NV.ppRead, owner: NV.ownerRead }), RC.nvAuthorization);
  demand(index.has(NV.written), RC.nvUninitialized);
  return index;
}

function demandWrite({ state, handles }: Call): NvIndex {
  const [auth, handle] = handles;
  const index = state.nv.find(handle!)!;
  demand(mayUse(index, auth!, { platform: NV.ppWrite, owner: NV.ownerWrite }), RC.nvAuthorization);
  return index;
}

/** A change of what Shutdown(STATE) keeps: orderly indexes live in RAM. */
function noteChange(state: TpmState, index: NvIndex): void {
  if (index.has(NV.orderly)) state.isSaved = false;
}

function defineSpace({ state, handles, parameters }: Call): void {
  const auth = trimmed(parameters.sized(MAX_DIGEST));
  const area = parameters.boxed(readNvPublic);
  parameters.finish();
  demand(handles[0] !== RH.platform || state.hierarchies.isPlatformNvOn, RC.hierarchy);
  checkDefinition(area, auth, handles[0]!);
  state.nv.define(new NvIndex(area, auth));
}

function write(call: Call): void {
  const data = call.parameters.sized(MAX_NV_BUFFER);
  const offset = call.parameters.u16();
  call.parameters.finish();
  const index = demandWrite(call);
  demand(index.isOrdinary, RC.attributes);
  demand(offset + data.length <= index.area.dataSize, RC.nvRange);
  demand(!index.has(NV.writeAll) || data.length === index.area.dataSize, RC.nvRange);
  index.write(offset, data);
  noteChange(call.state, index);
}

function extendIndex(call: Call): void {
  const data = call.parameters.sized(MAX_NV_BUFFER);
  call.parameters.finish();
  const index = demandWrite(call);
  demand(index.has(NV.extend), RC.attributes);
  const { nameAlg } = index.area;
  const before = index.has(NV.written) ? index.data : new Uint8Array(digestSize(nameAlg));
  index.write(0, digest(nameAlg, before, data));
  noteChange(call.state, index);
}

function read({ state, handles, parameters, response }: Call): void {
  const size = parameters.u16();
  const offset = parameters.u16();
  parameters.finish();
  const index = demandRead(state, handles[0]!, handles[1]!);
  demand(offset + size <= index.area.dataSize, RC.nvRange);
  demand(size <= MAX_NV_BUFFER, RC.value);
  response.sized(index.data.subarray(offset, offset + size));
}

const INDEX_HANDLES = [HANDLE.nvAuth, HANDLE.nvIndex];

/** [TPM2 Part 3, 31] */
export const NV_COMMANDS: readonly Command[] = [
  {
    name: 'NV_UndefineSpaceSpecial',
    code: 0x11f,
    handles: [HANDLE.nvIndex, HANDLE.platform],
    roles: ['admin', 'user'],
    touchesNv: true,
    run: ({ state, handles }) => {
      demand(state.nv.find(handles[0]!)!.has(NV.policyDelete), RC.attributes);
      state.nv.undefine(handles[0]!);
    },
  },
  {
    name: 'NV_UndefineSpace',
    code: 0x122,
    handles: [HANDLE.provision, HANDLE.nvIndex],
    roles: ['user'],
    touchesNv: true,
    run: ({ state, handles }) => {
      const index = state.nv.find(handles[1]!)!;
      demand(!index.has(NV.policyDelete), RC.attributes);
      demand(!index.has(NV.platformCreate) || handles[0] === RH.platform, RC.nvAuthorization);
      state.nv.undefine(handles[1]!);
    },
  },
  {
    name: 'NV_DefineSpace',
    code: 0x12a,
    handles: [HANDLE.provision],
    roles: ['user'],
    takesEncrypted: true,
    touchesNv: true,
    run: defineSpace,
  },
  {
    name: 'NV_Increment',
    code: 0x134,
    handles: INDEX_HANDLES,
    roles: ['user'],
    touchesNv: true,
    run: (call) => {
      const index = demandWrite(call);
      demand(index.has(NV.counter), RC.attributes);
      call.state.nv.increment(index);
      noteChange(call.state, index);
    },
  },
  {
    name: 'NV_SetBits',
    code: 0x135,
    handles: INDEX_HANDLES,
    roles: ['user'],
    touchesNv: true,
    run: (call) => {
      const bits = call.parameters.u64();
      call.parameters.finish();
      const index = demandWrite(call);
      demand(index.has(NV.bits), RC.attributes);
      call.state.nv.setBits(index, bits);
      noteChange(call.state, index);
    },
  },
  {
    name: 'NV_Extend',
    code: 0x136,
    handles: INDEX_HANDLES,
    roles: ['user'],
    takesEncrypted: true,
    touchesNv: true,
    run: extendIndex,
  },
  {
    name: 'NV_Write',
    code: 0x137,
    handles: INDEX_HANDLES,
    roles: ['user'],
    takesEncrypted: true,
    touchesNv: true,
    run: write,
  },
  {
    name: 'NV_WriteLock',
    code: 0x138,
    handles: INDEX_HANDLES,
    roles: ['user'],
    touchesNv: true,
    run: (call) => {
      const index = demandWrite(call);
      demand(index.has(NV.writeDefine | NV.writeStClear), RC.attributes);
      index.set(NV.writeLocked);
      if (index.has(NV.writeStClear)) call.state.isSaved = false;
    },
  },
  {
    name: 'NV_ChangeAuth',
    code: 0x13b,
    handles: [HANDLE.nvIndex],
    roles: ['admin'],
    takesEncrypted: true,
    touchesNv: true,
    run: ({ state, handles, parameters }) => {
      const auth = trimmed(parameters.sized(MAX_DIGEST));
      parameters.finish();
      const index = state.nv.find(handles[0]!)!;
      demand(auth.length <= digestSize(index.area.nameAlg), RC.size);
      index.auth = auth;
    },
  },
  {
    name: 'NV_Read',
    code: 0x14e,
    handles: INDEX_HANDLES,
    roles: ['user'],
    answersEncrypted: true,
    run: read,
  },
  {
    name: 'NV_ReadLock',
    code: 0x14f,
    handles: INDEX_HANDLES,
    roles: ['user'],
    run: ({ state, handles }) => {
      const index = state.nv.find(handles[1]!)!;
      demand(mayUse(index, handles[0]!, { platform: NV.ppRead, owner: NV.ownerRead }), RC.nvAuthorization);
      demand(index.has(NV.readStClear), RC.attributes);
      index.set(NV.readLocked);
      state.isSaved = false;
    },
  },
  {
    name: 'NV_ReadPublic',
    code: 0x169,
    handles: [HANDLE.nvIndex],
    roles: [],
    answersEncrypted: true,
    run: ({ state, handles, response }) => {
      const index = state.nv.find(handles[0]!)!;
      response.sized(nvPublicBytes(index.area)).sized(index.name);
    },
  },
];
