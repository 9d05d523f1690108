import type { TpmReader } from '../../wire/index.ts';
import { ResponseMalformed, TpmWriter } from '../../wire/index.ts';
import type { TpmCommand } from './command.ts';
import { command } from './command.ts';

/** The chip treats both codes alike. [CHIP 5.1] */
export const VENDOR_CC = { current: 0x20000000, legacy: 0xbaccd00a } as const;

/** Sub-commands. [CHIP 5.2] */
export const VENDOR_SUBCOMMAND = {
  FW_UPGRADE: 4,
  POST_RESET: 7,
  GET_LOCK: 16,
  SYSINFO: 18,
  IMMEDIATE_RESET: 19,
  INVALIDATE_INACTIVE_RW: 20,
  COMMIT_NVMEM: 21,
  REPORT_TPM_STATE: 23,
  TURN_UPDATE_ON: 24,
  GET_BOARD_ID: 25,
  SET_BOARD_ID: 26,
  TPM_MODE: 40,
  GET_BOOT_MODE: 52,
  GET_TIME: 70,
  GET_CHIP_ID: 75,
} as const;

interface VendorOptions {
  readonly payload?: Uint8Array;
  readonly code?: number;
}

/** A Cr50 vendor command: a sub-command after the header, which the answer repeats. [CHIP 5.1] */
export function vendorCommand<R>(
  subcommand: keyof typeof VENDOR_SUBCOMMAND,
  decode: (payload: TpmReader) => R,
  { payload = new Uint8Array(), code = VENDOR_CC.current }: VendorOptions = {},
): TpmCommand<R> {
  const number = VENDOR_SUBCOMMAND[subcommand];
  return command({
    name: subcommand,
    code,
    parameters: (to) => to.u16(number).bytes(payload),
    decode: (from) => {
      const echoed = from.u16();
      if (echoed !== number)
        throw new ResponseMalformed(`Vendor sub-command ${number} was sent, and ${echoed} came back.`);
      return decode(from);
    },
  });
}

/** Keys that the two running images are signed with, and the device ID. */
export interface SysInfo {
  readonly roKeyId: number;
  readonly rwKeyId: number;
  readonly deviceId: readonly [number, number];
}

/** SYSINFO. [CHIP 5.2] */
export const getSysInfo = (): TpmCommand<SysInfo> =>
  vendorCommand('SYSINFO', (from) => ({
    roKeyId: from.u32(),
    rwKeyId: from.u32(),
    deviceId: [from.u32(), from.u32()],
  }));

/** Writes what is pending to flash, and allows it from now on. [CHIP 5.4] */
export const commitNvmem = (): TpmCommand<void> => vendorCommand('COMMIT_NVMEM', () => undefined);

/** The board ID: type, the type with all bits inverted, flags. All ones while it is blank. */
export interface BoardId {
  readonly type: number;
  readonly inverse: number;
  readonly flags: number;
}

/** GET_BOARD_ID. [CHIP 5.2] */
export const getBoardId = (): TpmCommand<BoardId> =>
  vendorCommand('GET_BOARD_ID', (from) => ({ type: from.u32(), inverse: from.u32(), flags: from.u32() }));

/** Writes the board ID, once for ever; answers with a status, 0. [CHIP 5.2] */
export const setBoardId = (type: number, flags: number): TpmCommand<number> =>
  vendorCommand('SET_BOARD_ID', (from) => from.u8(), {
    payload: new TpmWriter().u32(type).u32(flags).done(),
  });

/** TPM_DID_VID, and the number of the chip. */
export interface ChipId {
  readonly didVid: number;
  readonly chip: number;
}

/** GET_CHIP_ID. [CHIP 5.2] */
export const getChipId = (): TpmCommand<ChipId> =>
  vendorCommand('GET_CHIP_ID', (from) => ({ didVid: from.u32(), chip: from.u32() }));

/** TPM_MODE: 0 tentative, 1 enabled, 2 disabled. */
export const getTpmMode = (): TpmCommand<number> => vendorCommand('TPM_MODE', (from) => from.u8());

/** Decides the mode until the next TPM reset: 1 enables, 2 silences the TPM 10 ms later. [CHIP 5.2] */
export const setTpmMode = (mode: 1 | 2): TpmCommand<number> =>
  vendorCommand('TPM_MODE', (from) => from.u8(), { payload: Uint8Array.of(mode) });

/** GET_BOOT_MODE. [CHIP 5.2] */
export const getBootMode = (): TpmCommand<number> => vendorCommand('GET_BOOT_MODE', (from) => from.u8());

/** 1 when the console is locked. */
export const getLock = (): TpmCommand<number> => vendorCommand('GET_LOCK', (from) => from.u8());

/** Microseconds since the chip booted. */
export const getChipTime = (): TpmCommand<bigint> => vendorCommand('GET_TIME', (from) => from.u64());

/** Why the TPM failed, if it did: all 0 but `maxTries` when it is well. [CHIP 5.2] */
export interface TpmState {
  readonly version: number;
  readonly failLine: number;
  readonly failCode: number;
  readonly functionName: number;
  readonly failedTries: number;
  readonly maxTries: number;
}

/** REPORT_TPM_STATE. [CHIP 5.2] */
export const reportTpmState = (): TpmCommand<TpmState> =>
  vendorCommand('REPORT_TPM_STATE', (from) => ({
    version: from.u32(),
    failLine: from.u32(),
    failCode: from.u32(),
    functionName: from.u32(),
    failedTries: from.u32(),
    maxTries: from.u32(),
  }));

/** Spoils the RW image that does not run. */
export const invalidateInactiveRw = (): TpmCommand<void> =>
  vendorCommand('INVALIDATE_INACTIVE_RW', () => undefined);

/** The next rising edge of TPM_RST_L reboots the chip, if an update is ready to run. [CHIP 6] */
export const rebootAtReset = (): TpmCommand<number> => vendorCommand('POST_RESET', (from) => from.u8());

/** Resets the whole chip after `ms` milliseconds, at most 1000. [CHIP 5.2] */
export const resetChipAfter = (ms: number): TpmCommand<void> =>
  vendorCommand('IMMEDIATE_RESET', () => undefined, { payload: new TpmWriter().u16(ms).done() });

/** Makes updated images bootable; answers with their number. [CHIP 5.3] */
export const turnUpdateOn = (ms: number): TpmCommand<number> =>
  vendorCommand('TURN_UPDATE_ON', (from) => from.u8(), { payload: new TpmWriter().u16(ms).done() });
