import type { Call, Command } from './command.ts';
import { demand, RC, RH } from './codes.ts';
import { digestSize, MAX_DIGEST, trimmed } from './hashes.ts';
import { HANDLE, readDigest, readHash, readYesNo } from './types.ts';

/** An authorization is at most as long as the digest that protects saved contexts. */
const MAX_AUTH = 32;

const ENABLES: readonly number[] = [RH.owner, RH.platform, RH.endorsement, RH.platformNv];

/** [TPM2 Part 3, 24.2] */
function control({ state, handles, parameters }: Call): void {
  const auth = handles[0]!;
  const which = parameters.u32();
  demand(ENABLES.includes(which), RC.value);
  const isOn = readYesNo(parameters);
  parameters.finish();
  const { hierarchies } = state;
  const isPlatform = auth === RH.platform;
  const mayAlone = which === auth && (which === RH.owner || which === RH.endorsement);
  demand(isPlatform || mayAlone, RC.authType);
  demand(isPlatform || !isOn || hierarchies.isOn(which), RC.authType);
  if (which === RH.owner) hierarchies.isOwnerOn = isOn;
  if (which === RH.endorsement) hierarchies.isEndorsementOn = isOn;
  if (which === RH.platform) hierarchies.isPlatformOn = isOn;
  if (which === RH.platformNv) hierarchies.isPlatformNvOn = isOn;
  if (!isOn) state.objects.flushHierarchies([which], false);
  if (which !== RH.platform) state.isSaved = false;
}

/** Back to the state of a new owner. [TPM2 Part 3, 24.6] */
function clear({ state }: Call): void {
  demand(!state.hierarchies.clearIsDisabled, RC.disabled);
  state.hierarchies.clearOwner();
  state.objects.flushHierarchies([RH.owner, RH.endorsement], true);
  state.nv.clearOwner();
  state.lockout.reset();
  state.clock = 0n;
  state.resetCount = 0;
  state.restartCount = 0;
  state.isSaved = false;
}

/** [TPM2 Part 3, 24] [TPM2 Part 3, 25] */
export const HIERARCHY_COMMANDS: readonly Command[] = [
  {
    name: 'HierarchyControl',
    code: 0x121,
    handles: [HANDLE.hierarchy],
    roles: ['user'],
    touchesNv: true,
    isExtensive: true,
    run: control,
  },
  {
    name: 'Clear',
    code: 0x126,
    handles: [HANDLE.clear],
    roles: ['user'],
    touchesNv: true,
    isExtensive: true,
    run: clear,
  },
  {
    name: 'ClearControl',
    code: 0x127,
    handles: [HANDLE.clear],
    roles: ['user'],
    touchesNv: true,
    run: ({ state, handles, parameters }) => {
      const isDisabled = readYesNo(parameters);
      parameters.finish();
      demand(isDisabled || handles[0] === RH.platform, RC.authFail);
      state.hierarchies.clearIsDisabled = isDisabled;
    },
  },
  {
    name: 'HierarchyChangeAuth',
    code: 0x129,
    handles: [HANDLE.hierarchyAuth],
    roles: ['user'],
    takesEncrypted: true,
    touchesNv: true,
    run: ({ state, handles, parameters }) => {
      const auth = trimmed(parameters.sized(MAX_DIGEST));
      parameters.finish();
      demand(auth.length <= MAX_AUTH, RC.size);
      state.hierarchies.of(handles[0]!)!.auth = auth;
      if (handles[0] === RH.platform) state.isSaved = false;
    },
  },
  {
    name: 'SetPrimaryPolicy',
    code: 0x12e,
    handles: [HANDLE.hierarchyAuth],
    roles: ['user'],
    takesEncrypted: true,
    touchesNv: true,
    run: ({ state, handles, parameters }) => {
      const policy = readDigest(parameters).slice();
      const policyAlg = readHash(parameters, true);
      parameters.finish();
      demand(policy.length === digestSize(policyAlg), RC.size);
      Object.assign(state.hierarchies.of(handles[0]!)!, { policy, policyAlg });
      if (handles[0] === RH.platform) state.isSaved = false;
    },
  },
  {
    name: 'DictionaryAttackLockReset',
    code: 0x139,
    handles: [HANDLE.lockout],
    roles: ['user'],
    touchesNv: true,
    run: ({ state }) => {
      state.lockout.reset();
    },
  },
  {
    name: 'DictionaryAttackParameters',
    code: 0x13a,
    handles: [HANDLE.lockout],
    roles: ['user'],
    touchesNv: true,
    run: ({ state, parameters }) => {
      const [maxTries, recoveryTime, lockoutRecovery] = [0, 1, 2].map(() => parameters.u32());
      parameters.finish();
      Object.assign(state.lockout, { maxTries, recoveryTime, lockoutRecovery });
    },
  },
];
