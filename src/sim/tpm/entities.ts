import { NV_READS, NV_WRITES } from './authorization.ts';
import { demand, handleNumber, HT, RC, Refusal, RH, typeOfHandle, withNumber } from './codes.ts';
import type { Command } from './command.ts';
import { NV } from './nv.ts';
import type { TpmState } from './state.ts';
import { isVendorAuth } from './types.ts';

const WRITE_LOCK = 0x138;
const READ_LOCK = 0x14f;
const PLATFORM_PERSISTENT = 0x81800000;

/** Everything that a command's handles stand for has to be there. [TPM2 ExecCommand.c] [TPM2 Entity.c] */
export function checkLoaded(state: TpmState, command: Command, handles: readonly number[]): void {
  let borrowed = 0;
  handles.forEach((handle, index) => {
    try {
      if (typeOfHandle(handle) === HT.persistent) checkPersistent(state, handle, borrowed++);
      else checkEntity(state, command, handle);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const isReference = refusal.code === RC.referenceH0;
      throw new Refusal(isReference ? refusal.code + index : withNumber(refusal.code, handleNumber(index)));
    }
  });
}

function checkEntity(state: TpmState, command: Command, handle: number): void {
  switch (typeOfHandle(handle)) {
    case HT.permanent:
      demand(!isVendorAuth(handle), RC.value);
      demand(handle === RH.lockout || state.hierarchies.isOn(handle), RC.hierarchy);
      return;
    case HT.transient:
      demand(state.objects.find(handle) !== undefined, RC.referenceH0);
      return;
    case HT.hmacSession:
    case HT.policySession:
      demand(!state.sessions.isOfOtherKind(handle), RC.handle);
      demand(state.sessions.find(handle) !== undefined, RC.referenceH0);
      return;
    case HT.nvIndex:
      checkNv(state, command, handle);
  }
}

/** A persistent object takes a free slot while a command uses it. */
function checkPersistent(state: TpmState, handle: number, borrowed: number): void {
  const { hierarchies, objects } = state;
  demand(handle >= PLATFORM_PERSISTENT ? hierarchies.isPlatformOn : hierarchies.isOwnerOn, RC.handle);
  demand(objects.free > borrowed, RC.objectMemory);
  const key = objects.key(handle);
  demand(key !== undefined, RC.handle);
  demand(key.hierarchy !== RH.endorsement || hierarchies.isEndorsementOn, RC.hierarchy);
}

/** [TPM2 NV.c NvIndexIsAccessible] */
function checkNv(state: TpmState, command: Command, handle: number): void {
  const index = state.nv.find(handle);
  if (index === undefined) throw new Refusal(RC.handle);
  const { hierarchies } = state;
  demand(index.has(NV.platformCreate) ? hierarchies.isPlatformNvOn : hierarchies.isOwnerOn, RC.handle);
  const { code } = command;
  demand(!(index.has(NV.writeLocked) && NV_WRITES.has(code) && code !== WRITE_LOCK), RC.nvLocked);
  demand(!(index.has(NV.readLocked) && NV_READS.has(code) && code !== READ_LOCK), RC.nvLocked);
}
