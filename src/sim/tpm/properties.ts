import { ALG, RH } from './codes.ts';
import { MAX_DIGEST } from './hashes.ts';
import { MAX_LOADED } from './objects.ts';
import { CURVES } from './public-area.ts';
import { MAX_ACTIVE_SESSIONS, MAX_LOADED_SESSIONS } from './sessions.ts';
import type { TpmState } from './state.ts';
import { MAX_DIGEST_BUFFER, MAX_NV_INDEX, PCR_COUNT, SELECT_BYTES } from './types.ts';

const text = (four: string): number => Buffer.from(four, 'latin1').readUInt32BE();

const FIRST_EXTENDED = 0x20000000;
const MAX_SIZE = 2048;

/** Algorithms with their TPMA_ALGORITHM. TPM_ALG_KDF1_SP800_56A is implemented and not listed. [TPM2 AlgorithmCap.c] */
export const ALGORITHMS: readonly (readonly [number, number])[] = [
  [ALG.rsa, 0x009],
  [ALG.sha1, 0x004],
  [ALG.hmac, 0x104],
  [ALG.aes, 0x002],
  [ALG.mgf1, 0x404],
  [ALG.keyedHash, 0x30c],
  [ALG.xor, 0x006],
  [ALG.sha256, 0x004],
  [ALG.sha384, 0x004],
  [ALG.sha512, 0x004],
  [ALG.rsassa, 0x101],
  [ALG.rsaes, 0x201],
  [ALG.rsapss, 0x101],
  [ALG.oaep, 0x201],
  [ALG.ecdsa, 0x501],
  [ALG.ecdh, 0x401],
  [ALG.kdf1Sp800108, 0x404],
  [ALG.ecc, 0x009],
  [ALG.symCipher, 0x008],
  [ALG.ctr, 0x202],
  [ALG.ofb, 0x202],
  [ALG.cbc, 0x202],
  [ALG.cfb, 0x202],
  [ALG.ecb, 0x202],
];

/** What a list of algorithms may name. */
export const isImplemented = (alg: number): boolean =>
  alg === ALG.null || alg === ALG.kdf1Sp80056a || ALGORITHMS.some(([each]) => each === alg);

/** Handles that are always there, in rising order. [TPM2 Hierarchy.c] */
export const PERMANENT: readonly number[] = [
  RH.owner,
  RH.null,
  RH.password,
  RH.lockout,
  RH.endorsement,
  RH.platform,
  RH.platformNv,
];

/** TPM properties that never change. [TPM2 Part 2, 6.13] [TPM2 PropertyCap.c] */
export function fixedProperties(commands: ReadonlySet<number>): readonly (readonly [number, number])[] {
  const library = [...commands].filter((code) => code < FIRST_EXTENDED).length;
  return [
    [0x100, text('2.0\0')], // TPM_PT_FAMILY_INDICATOR
    [0x101, 0], // TPM_PT_LEVEL [CHIP 5.1]
    [0x102, 116], // TPM_PT_REVISION [CHIP 5.1]
    [0x103, 303], // TPM_PT_DAY_OF_YEAR of revision 1.16
    [0x104, 2014], // TPM_PT_YEAR of revision 1.16
    [0x105, text('CROS')], // TPM_PT_MANUFACTURER [CHIP 5.1]
    [0x106, text('xCG ')], // TPM_PT_VENDOR_STRING_1 [CHIP 5.1]
    [0x107, text('fTPM')], // TPM_PT_VENDOR_STRING_2 [CHIP 5.1]
    [0x108, 0], // TPM_PT_VENDOR_STRING_3
    [0x109, 0], // TPM_PT_VENDOR_STRING_4
    [0x10a, 1], // TPM_PT_VENDOR_TPM_TYPE
    [0x10b, 0], // TPM_PT_FIRMWARE_VERSION_1
    [0x10c, 0], // TPM_PT_FIRMWARE_VERSION_2
    [0x10d, MAX_DIGEST_BUFFER], // TPM_PT_INPUT_BUFFER [CHIP 5.1]
    [0x10e, MAX_LOADED], // TPM_PT_HR_TRANSIENT_MIN [CHIP 5.1]
    [0x10f, 2], // TPM_PT_HR_PERSISTENT_MIN
    [0x110, MAX_LOADED_SESSIONS], // TPM_PT_HR_LOADED_MIN [CHIP 5.1]
    [0x111, MAX_ACTIVE_SESSIONS], // TPM_PT_ACTIVE_SESSIONS_MAX [CHIP 5.1]
    [0x112, PCR_COUNT], // TPM_PT_PCR_COUNT [CHIP 5.1]
    [0x113, SELECT_BYTES], // TPM_PT_PCR_SELECT_MIN
    [0x114, 0xffff], // TPM_PT_CONTEXT_GAP_MAX
    [0x116, 0], // TPM_PT_NV_COUNTERS_MAX
    [0x117, MAX_NV_INDEX], // TPM_PT_NV_INDEX_MAX [CHIP 5.1]
    [0x118, 6], // TPM_PT_MEMORY: NV is shared, objects are copied to RAM
    [0x119, 4096], // TPM_PT_CLOCK_UPDATE
    [0x11a, ALG.sha256], // TPM_PT_CONTEXT_HASH
    [0x11b, ALG.aes], // TPM_PT_CONTEXT_SYM
    [0x11c, 256], // TPM_PT_CONTEXT_SYM_SIZE
    [0x11d, 255], // TPM_PT_ORDERLY_COUNT
    [0x11e, MAX_SIZE], // TPM_PT_MAX_COMMAND_SIZE [CHIP 5.1]
    [0x11f, MAX_SIZE], // TPM_PT_MAX_RESPONSE_SIZE [CHIP 5.1]
    [0x120, MAX_DIGEST], // TPM_PT_MAX_DIGEST [CHIP 5.5]
    [0x121, 1596], // TPM_PT_MAX_OBJECT_CONTEXT: 60 bytes and an OBJECT [TPM2 PropertyCap.c]
    [0x122, 372], // TPM_PT_MAX_SESSION_CONTEXT: 60 bytes and a SESSION
    [0x123, 0], // TPM_PT_PS_FAMILY_INDICATOR
    [0x124, 0], // TPM_PT_PS_LEVEL
    [0x125, 0], // TPM_PT_PS_REVISION
    [0x126, 0], // TPM_PT_PS_DAY_OF_YEAR
    [0x127, 0], // TPM_PT_PS_YEAR
    [0x128, 128], // TPM_PT_SPLIT_MAX
    [0x129, commands.size], // TPM_PT_TOTAL_COMMANDS
    [0x12a, library], // TPM_PT_LIBRARY_COMMANDS
    [0x12b, 0], // TPM_PT_VENDOR_COMMANDS
  ];
}

/** TPMA_PERMANENT. [TPM2 Part 2, 8.6] */
function permanent({ hierarchies, lockout }: TpmState): number {
  const isSet = (auth: Uint8Array, bit: number): number => (auth.length > 0 ? 1 << bit : 0);
  return (
    isSet(hierarchies.owner.auth, 0) |
    isSet(hierarchies.endorsement.auth, 1) |
    isSet(hierarchies.lockout.auth, 2) |
    (hierarchies.clearIsDisabled ? 1 << 8 : 0) |
    (lockout.isLockedOut ? 1 << 9 : 0) |
    (1 << 10)
  );
}

/** TPMA_STARTUP_CLEAR. [TPM2 Part 2, 8.7] */
function startupClear({ hierarchies, wasOrderly }: TpmState): number {
  const bits = [
    hierarchies.isPlatformOn,
    hierarchies.isOwnerOn,
    hierarchies.isEndorsementOn,
    hierarchies.isPlatformNvOn,
  ].reduce((all, isOn, bit) => all | (isOn ? 1 << bit : 0), 0);
  return (bits | (wasOrderly ? 0x80000000 : 0)) >>> 0;
}

/** What is left of space counts in indexes and objects of this size. */
const NV_SPACE = 11980;
const PERSISTENT_SIZE = 1100;
const COUNTER_SIZE = 168;

/** TPM properties that change. There is no TPM_PT_NV_WRITE_RECOVERY. [TPM2 PropertyCap.c] */
function variableProperties(state: TpmState): readonly (readonly [number, number])[] {
  const { nv, sessions, objects, lockout } = state;
  const loaded = sessions.handles.length;
  const persistent = objects.persistentHandles.length;
  return [
    [0x200, permanent(state)],
    [0x201, startupClear(state)],
    [0x202, nv.handles.length], // TPM_PT_HR_NV_INDEX
    [0x203, loaded], // TPM_PT_HR_LOADED
    [0x204, MAX_LOADED_SESSIONS - loaded], // TPM_PT_HR_LOADED_AVAIL
    [0x205, sessions.active], // TPM_PT_HR_ACTIVE
    [0x206, MAX_ACTIVE_SESSIONS - sessions.active], // TPM_PT_HR_ACTIVE_AVAIL
    [0x207, objects.free], // TPM_PT_HR_TRANSIENT_AVAIL
    [0x208, persistent], // TPM_PT_HR_PERSISTENT
    [0x209, Math.max(0, Math.floor(NV_SPACE / PERSISTENT_SIZE) - persistent)], // TPM_PT_HR_PERSISTENT_AVAIL
    [0x20a, nv.counters], // TPM_PT_NV_COUNTERS
    [0x20b, Math.max(0, Math.floor(NV_SPACE / COUNTER_SIZE) - nv.handles.length)], // TPM_PT_NV_COUNTERS_AVAIL
    [0x20c, 0], // TPM_PT_ALGORITHM_SET
    [0x20d, CURVES.length], // TPM_PT_LOADED_CURVES
    [0x20e, lockout.failedTries], // TPM_PT_LOCKOUT_COUNTER
    [0x20f, lockout.maxTries], // TPM_PT_MAX_AUTH_FAIL
    [0x210, lockout.recoveryTime], // TPM_PT_LOCKOUT_INTERVAL
    [0x211, lockout.lockoutRecovery], // TPM_PT_LOCKOUT_RECOVERY
    [0x213, 0], // TPM_PT_AUDIT_COUNTER_0
    [0x214, 0], // TPM_PT_AUDIT_COUNTER_1
  ];
}

/** The 63 properties. [CHIP 5.5] */
export const propertiesOf = (state: TpmState): readonly (readonly [number, number])[] => [
  ...fixedProperties(state.profile.commands),
  ...variableProperties(state),
];
