import type { TpmReader } from '../../wire/index.ts';
import { ResponseMisshapen, TpmWriter } from '../../wire/index.ts';
import type { TpmCommand } from './command.ts';
import { command } from './command.ts';

/** The chip treats both codes alike. [CHIP 5.1] */
export const VENDOR_CC = { current: 0x20000000, legacy: 0xbaccd00a } as const;

/** Sub-commands. [CHIP 5.2] */
export const VENDOR_SUBCOMMAND = {
  SYSINFO: 18,
  IMMEDIATE_RESET: 19,
  COMMIT_NVMEM: 21,
  REPORT_TPM_STATE: 23,
  TURN_UPDATE_ON: 24,
  GET_BOARD_ID: 25,
  TPM_MODE: 40,
  GET_BOOT_MODE: 52,
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
        throw new ResponseMisshapen(`Vendor sub-command ${number} was sent, and ${echoed} came back.`);
      return decode(from);
    },
  });
}

export interface SysInfo {
  readonly roKeyId: number;
  readonly rwKeyId: number;
  readonly deviceId: readonly [number, number];
}

export const getSysInfo = (): TpmCommand<SysInfo> =>
  vendorCommand('SYSINFO', (from) => ({
    roKeyId: from.u32(),
    rwKeyId: from.u32(),
    deviceId: [from.u32(), from.u32()],
  }));

/** Writes what is pending to flash, and allows it from now on. [CHIP 5.4] */
export const commitNvmem = (): TpmCommand<void> => vendorCommand('COMMIT_NVMEM', () => undefined);

export interface BoardId {
  readonly type: number;
  readonly inverse: number;
  readonly flags: number;
}

export const getBoardId = (): TpmCommand<BoardId> =>
  vendorCommand('GET_BOARD_ID', (from) => ({ type: from.u32(), inverse: from.u32(), flags: from.u32() }));

export interface ChipId {
  readonly didVid: number;
  readonly chip: number;
}

export const getChipId = (): TpmCommand<ChipId> =>
  vendorCommand('GET_CHIP_ID', (from) => ({ didVid: from.u32(), chip: from.u32() }));

/** 0 tentative, 1 enabled, 2 disabled. */
export const getTpmMode = (): TpmCommand<number> => vendorCommand('TPM_MODE', (from) => from.u8());

/** Resets the whole chip after `ms` milliseconds, at most 1000. [CHIP 5.2] */
export const resetChipAfter = (ms: number): TpmCommand<void> =>
  vendorCommand('IMMEDIATE_RESET', () => undefined, { payload: new TpmWriter().u16(ms).done() });

/** Makes updated images bootable; answers with their number. [CHIP 5.3] */
export const turnUpdateOn = (ms: number): TpmCommand<number> =>
  vendorCommand('TURN_UPDATE_ON', (from) => from.u8(), { payload: new TpmWriter().u16(ms).done() });
