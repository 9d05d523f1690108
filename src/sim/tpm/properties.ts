import { ALG } from './codes.ts';
import { PCR_COUNT, SELECT_BYTES } from './pcrs.ts';
import type { TpmState } from './state.ts';

const text = (four: string): number => Buffer.from(four, 'latin1').readUInt32BE();

/** [CHIP 5.1] */
const MAX_LOADED_OBJECTS = 3;
const MAX_LOADED_SESSIONS = 3;
const MAX_ACTIVE_SESSIONS = 64;

/** TPM properties: those that never change, then those that do. [TPM2 Part 2, 6.13] */
export function propertiesOf(state: TpmState, commandCount: number): readonly (readonly [number, number])[] {
  const loaded = state.sequences.handles.length;
  return [
    [0x100, text('2.0\0')], // TPM_PT_FAMILY_INDICATOR
    [0x101, 0], // TPM_PT_LEVEL [CHIP 5.1]
    [0x102, 116], // TPM_PT_REVISION [CHIP 5.1]
    [0x103, 303], // TPM_PT_DAY_OF_YEAR of revision 1.16
    [0x104, 2014], // TPM_PT_YEAR of revision 1.16
    [0x105, text('CROS')], // TPM_PT_MANUFACTURER [CHIP 5.1]
    [0x106, text('xCG ')], // TPM_PT_VENDOR_STRING_1 [CHIP 5.1]
    [0x107, text('fTPM')], // TPM_PT_VENDOR_STRING_2 [CHIP 5.1]
    [0x10d, 1024], // TPM_PT_INPUT_BUFFER [CHIP 5.1]
    [0x10e, MAX_LOADED_OBJECTS], // TPM_PT_HR_TRANSIENT_MIN [CHIP 5.1]
    [0x110, MAX_LOADED_SESSIONS], // TPM_PT_HR_LOADED_MIN [CHIP 5.1]
    [0x111, MAX_ACTIVE_SESSIONS], // TPM_PT_ACTIVE_SESSIONS_MAX [CHIP 5.1]
    [0x112, PCR_COUNT], // TPM_PT_PCR_COUNT [CHIP 5.1]
    [0x113, SELECT_BYTES], // TPM_PT_PCR_SELECT_MIN
    [0x117, 2048], // TPM_PT_NV_INDEX_MAX [CHIP 5.1]
    [0x11a, ALG.sha256], // TPM_PT_CONTEXT_HASH
    [0x11e, 2048], // TPM_PT_MAX_COMMAND_SIZE [CHIP 5.1]
    [0x11f, 2048], // TPM_PT_MAX_RESPONSE_SIZE [CHIP 5.1]
    [0x120, 32], // TPM_PT_MAX_DIGEST
    [0x129, commandCount], // TPM_PT_TOTAL_COMMANDS
    [0x12a, commandCount], // TPM_PT_LIBRARY_COMMANDS
    [0x12b, 0], // TPM_PT_VENDOR_COMMANDS
    [0x12c, 1024], // TPM_PT_NV_BUFFER_MAX [CHIP 5.1]
    [0x200, 0x400], // TPM_PT_PERMANENT: tpmGeneratedEPS
    [0x201, 0x8000000f], // TPM_PT_STARTUP_CLEAR: all hierarchies on, orderly
    [0x202, 0], // TPM_PT_HR_NV_INDEX
    [0x203, 0], // TPM_PT_HR_LOADED
    [0x204, MAX_LOADED_SESSIONS], // TPM_PT_HR_LOADED_AVAIL
    [0x205, 0], // TPM_PT_HR_ACTIVE
    [0x206, MAX_ACTIVE_SESSIONS], // TPM_PT_HR_ACTIVE_AVAIL
    [0x207, MAX_LOADED_OBJECTS - loaded], // TPM_PT_HR_TRANSIENT_AVAIL
    [0x208, 0], // TPM_PT_HR_PERSISTENT
  ];
}
