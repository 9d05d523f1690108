import type { Duration } from '../../../units/index.ts';
import { ms, ZERO } from '../../../units/index.ts';
import type { Flash } from '../update/flash.ts';
import type { FirmwareUpdate } from '../update/update.ts';
import { BoardId } from './board-id.ts';
import type { BootRecord } from './boot-record.ts';
import { EC_ERROR, SUBCOMMAND, VENDOR_RC } from './codes.ts';
import type { EventLog } from './event-log.ts';
import type { Answer, Handler } from './handler.ts';
import { answer, refuse, status, u16, u32, u64, words } from './handler.ts';
import type { NonVolatile } from './non-volatile.ts';
import type { TpmMode } from './tpm-mode.ts';
import type { VendorHost } from './vendor-host.ts';

/** TPM_DID_VID in the byte order of this command, and the number of an H1. [CHIP 5.2] */
const DID_VID = 0x00281ae0;
const CHIP_H1 = 0;

/** Maximum delay before a reset by sub-command 19 or 24. [CHIP 5.2] */
const MAX_DELAY_MS = 1000;

/** Version of the reports of sub-commands 23, 35 and 73. [CHIP 5.2] */
const REPORT_VERSION = 1;
const MAX_TRIES = 32;
const METRICS_VERSION = 1;
const ALERTS_VERSION = 1;
const ALERTS = 44;

/** What REPORT_TPM_STATE blames on a board that the image is not made for: line, code, function. [EC tpm_state] */
const MISMATCH = { line: 57, code: 0x0badc0de, functionName: 0x7265706f };

const SERIAL_NUMBER_HASH_SIZE = 12;

/** Quirk benchButtons. */
const CONSOLE_IS_LOCKED = 1;
const NOT_PRESSED = 0;
const NORMAL_BOOT = 0;
const NOT_VERIFIED = 0;
const WP_ENABLED = 0b10;
const NO_PROPERTIES = 0;
const NO_STATUS = 0;

/** [CHIP 5.2] 39: the only write. */
const WP_ENABLE = 2;

const BLANK_TYPE = 0xffffffff;

/** [EC user_pres] */
const USER_PRESENCE = { on: 1, off: 2 } as const;

/** What the handlers work on. */
export interface VendorParts {
  readonly flash: Flash;
  readonly update: FirmwareUpdate;
  readonly boardId: BoardId;
  readonly mode: TpmMode;
  readonly nonVolatile: NonVolatile;
  readonly host: VendorHost;
  readonly traits: { readonly hasTurnUpdateOn: boolean; readonly setsFlagsAlone: boolean };
  readonly log: EventLog;
  readonly boots: BootRecord;
  readonly isOnWrongBoard: () => boolean;
  /** The next rising edge of TPM_RST_L reboots the chip if another image is there. */
  readonly armPostReset: () => void;
}

/** Every sub-command this chip has, by its number. [CHIP 5.2] */
export function vendorHandlers(parts: VendorParts): ReadonlyMap<number, Handler> {
  const { flash, update, boardId, mode, host, log, boots, nonVolatile } = parts;
  return new Map<number, Handler>([
    [SUBCOMMAND.FW_UPGRADE, (payload) => answer(update.answer(payload))],
    [
      SUBCOMMAND.POST_RESET,
      () => {
        parts.armPostReset();
        return answer(Uint8Array.of(0));
      },
    ],
    [SUBCOMMAND.GET_LOCK, withoutPayload(() => answer(Uint8Array.of(CONSOLE_IS_LOCKED)))],
    [SUBCOMMAND.SYSINFO, () => answer(words(flash.ro.header.keyId, flash.rw.header.keyId, 0, 0))],
    [SUBCOMMAND.IMMEDIATE_RESET, (payload) => immediateReset(payload, host)],
    [
      SUBCOMMAND.INVALIDATE_INACTIVE_RW,
      () => {
        flash.inactiveRw.invalidate();
        return answer();
      },
    ],
    [SUBCOMMAND.COMMIT_NVMEM, () => answer()],
    [SUBCOMMAND.REPORT_TPM_STATE, () => answer(tpmState(parts.isOnWrongBoard()))],
    [SUBCOMMAND.TURN_UPDATE_ON, (payload) => turnUpdateOn(payload, parts)],
    [SUBCOMMAND.GET_BOARD_ID, () => answer(words(...boardId.words))],
    [SUBCOMMAND.SET_BOARD_ID, (payload) => setBoardId(payload, parts)],
    [SUBCOMMAND.POP_LOG_ENTRY, (payload) => (payload.length === 4 ? answer() : refuse(VENDOR_RC.bogusArgs))],
    [SUBCOMMAND.GET_REC_BTN, () => answer(Uint8Array.of(NOT_PRESSED))],
    [SUBCOMMAND.GET_ALERTS_DATA, () => answer(noAlerts())],
    [SUBCOMMAND.WP, writeProtection],
    [SUBCOMMAND.TPM_MODE, (payload) => mode.handle(payload)],
    [SUBCOMMAND.SN_SET_HASH, (payload) => setSerialNumberHash(payload, boardId, nonVolatile)],
    // Quirk writeProtectedRma.
    [SUBCOMMAND.SN_INC_RMA, () => ({ ...refuse(EC_ERROR.accessDenied), fillsBuffer: true })],
    [SUBCOMMAND.GET_PWR_BTN, () => answer(Uint8Array.of(NOT_PRESSED))],
    [SUBCOMMAND.FLOG_TIMESTAMP, (payload) => logTimestamp(payload, log)],
    [SUBCOMMAND.GET_BOOT_MODE, () => answer(Uint8Array.of(NORMAL_BOOT))],
    [SUBCOMMAND.RESET_EC, () => answer()],
    [SUBCOMMAND.GET_AP_RO_STATUS, withoutPayload(() => answer(Uint8Array.of(NOT_VERIFIED)))],
    [
      SUBCOMMAND.DS_DIS_TEMP,
      withoutPayload(() => {
        host.keepAwake();
        return answer();
      }),
    ],
    [SUBCOMMAND.USER_PRES, (payload) => userPresence(payload, boots)],
    [SUBCOMMAND.GET_FACTORY_CONFIG, () => answer(u64(nonVolatile.factoryConfig))],
    [SUBCOMMAND.SET_FACTORY_CONFIG, (payload) => setFactoryConfig(payload, boardId, nonVolatile)],
    [SUBCOMMAND.GET_TIME, () => answer(u64(BigInt(boots.upTimeUs)))],
    [SUBCOMMAND.GET_CR50_METRICS, withoutPayload(() => answer(metrics(boots)))],
    [SUBCOMMAND.GET_CHIP_ID, withoutPayload(() => answer(words(DID_VID, CHIP_H1)))],
  ]);
}

const withoutPayload =
  (handle: () => Answer): Handler =>
  (payload) =>
    payload.length === 0 ? handle() : refuse(VENDOR_RC.bogusArgs);

/** Without a delay the chip is gone before it can answer. [CHIP 6] */
function immediateReset(payload: Uint8Array, host: VendorHost): Answer {
  if (payload.length !== 0 && payload.length !== 2) return refuse(VENDOR_RC.bogusArgs);
  const delay = payload.length === 0 ? 0 : u16(payload);
  if (delay > MAX_DELAY_MS) return refuse(VENDOR_RC.bogusArgs);
  const effect = (): void => {
    host.resetChip(delay === 0 ? ZERO : ms(delay));
  };
  return { ...answer(), effect, isSilent: delay === 0 };
}

/** Reboots only if something was turned on and a delay is given. [CHIP 5.2] */
function turnUpdateOn(payload: Uint8Array, { update, host, traits }: VendorParts): Answer {
  if (!traits.hasTurnUpdateOn) return refuse(VENDOR_RC.noSuchCommand);
  if (payload.length < 2) return refuse(VENDOR_RC.bogusArgs);
  const delay = u16(payload);
  if (delay > MAX_DELAY_MS) return refuse(VENDOR_RC.bogusArgs);
  const count = update.restoreHeaders();
  const made = answer(Uint8Array.of(count));
  if (count === 0 || delay === 0) return made;
  const wait: Duration = ms(delay);
  return {
    ...made,
    effect: () => {
      host.resetChip(wait);
    },
  };
}

/** A board ID that is set is told before one that the image would not run on. [CHIP 5.2] */
function setBoardId(payload: Uint8Array, { boardId, flash, traits }: VendorParts): Answer {
  if (payload.length !== 8) return status(VENDOR_RC.bogusArgs);
  const type = u32(payload, 0);
  const flags = u32(payload, 4);
  const isOpen = traits.setsFlagsAlone ? boardId.isTypeBlank : boardId.isBlank;
  if (!isOpen) return status(EC_ERROR.accessDenied);
  const kept = boardId.isBlank ? flags : boardId.flags;
  if (!BoardId.wouldAllow(type, kept, flash.rw.header.boards)) return status(EC_ERROR.invalid);
  if (type === BLANK_TYPE && traits.setsFlagsAlone) boardId.setFlags(kept);
  else boardId.set(type, kept);
  return status(VENDOR_RC.success);
}

/** Once, and only before the board ID is set. [EC sn_bits] */
function setSerialNumberHash(payload: Uint8Array, boardId: BoardId, kept: NonVolatile): Answer {
  if (payload.length !== SERIAL_NUMBER_HASH_SIZE) return status(VENDOR_RC.bogusArgs);
  if (!boardId.isTypeBlank) return status(EC_ERROR.accessDenied);
  if (kept.serialNumberHash !== undefined) return status(EC_ERROR.invalidConfig);
  kept.serialNumberHash = payload.slice();
  return status(VENDOR_RC.success);
}

/** Once, and only before the board ID is set; the same value again is no change. [EC factory_config] */
function setFactoryConfig(payload: Uint8Array, boardId: BoardId, kept: NonVolatile): Answer {
  if (payload.length !== 8) return refuse(VENDOR_RC.bogusArgs);
  const value = new DataView(payload.buffer, payload.byteOffset, 8).getBigUint64(0);
  if (!boardId.isTypeBlank) return refuse(VENDOR_RC.notAllowed);
  if (kept.factoryConfig !== 0n && kept.factoryConfig !== value) return refuse(VENDOR_RC.notAllowed);
  kept.factoryConfig = value;
  return answer();
}

function writeProtection(payload: Uint8Array): Answer {
  if (payload.length > 1) return refuse(VENDOR_RC.bogusArgs);
  if (payload.length === 1 && payload[0] !== WP_ENABLE) return refuse(VENDOR_RC.bogusArgs);
  return answer(Uint8Array.of(WP_ENABLED));
}

/** A time stamp that goes back is refused with an error number in the payload. [EC flash_log] */
function logTimestamp(payload: Uint8Array, log: EventLog): Answer {
  if (payload.length === 0) return answer(words(log.timestamp));
  if (payload.length !== 4) return refuse(VENDOR_RC.bogusArgs);
  if (log.setTimestamp(u32(payload, 0))) return answer();
  return { code: VENDOR_RC.bogusArgs, payload: Uint8Array.of(EC_ERROR.invalid) };
}

/** Whether a button tells of a user, and when it was pressed last: on a bench it never is. */
function userPresence(payload: Uint8Array, boots: BootRecord): Answer {
  const [wanted] = payload;
  if (wanted === undefined)
    return answer(
      Uint8Array.of(boots.watchesUser ? USER_PRESENCE.on : USER_PRESENCE.off, 0, 0, 0, 0, 0, 0, 0, 0),
    );
  if (payload.length > 1 || (wanted !== USER_PRESENCE.on && wanted !== USER_PRESENCE.off))
    return refuse(VENDOR_RC.bogusArgs);
  boots.watchesUser = wanted === USER_PRESENCE.on;
  return answer();
}

/** Version, line, code, first letters of a function, failed and allowed tries. */
function tpmState(isOnWrongBoard: boolean): Uint8Array {
  const { line, code, functionName } = isOnWrongBoard ? MISMATCH : { line: 0, code: 0, functionName: 0 };
  return words(REPORT_VERSION, line, code, functionName, 0, MAX_TRIES);
}

/** Version, cause of the boot, properties of the board, status, and seconds since boot and since power. */
function metrics(boots: BootRecord): Uint8Array {
  return words(METRICS_VERSION, boots.flag, NO_PROPERTIES, NO_STATUS, boots.upTimeS, boots.sincePowerS);
}

/** Version, how many counters, and the counters, two bytes each. */
function noAlerts(): Uint8Array {
  const bytes = new Uint8Array(4 + 2 * ALERTS);
  bytes[1] = ALERTS_VERSION;
  bytes[3] = ALERTS;
  return bytes;
}
