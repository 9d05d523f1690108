import type { Duration } from '../../../units/index.ts';
import { ms, ZERO } from '../../../units/index.ts';
import type { Flash } from '../update/flash.ts';
import type { FirmwareUpdate } from '../update/update.ts';
import { BoardId } from './board-id.ts';
import { EC_ERROR, SUBCOMMAND, VENDOR_RC } from './codes.ts';
import type { Answer, Handler } from './handler.ts';
import { answer, refuse, status, u16, u32, u64, words } from './handler.ts';
import type { NonVolatile } from './non-volatile.ts';
import type { TpmMode } from './tpm-mode.ts';
import type { VendorHost } from './vendor-host.ts';

/** DID_VID the way this command spells it, and an H1. [CHIP 5.2] */
const DID_VID = 0x00281ae0;
const CHIP_H1 = 0;

/** [CHIP 5.2] 19, 24 */
const MAX_DELAY_MS = 1000;

/** [CHIP 5.2] 23, 35 */
const REPORT_VERSION = 1;
const MAX_TRIES = 32;
const ALERTS_VERSION = 1;
const ALERTS = 44;

const SERIAL_NUMBER_HASH_SIZE = 12;
const CONSOLE_IS_LOCKED = 1;
const NOT_PRESSED = 0;
const NORMAL_BOOT = 0;
const WP_ENABLED = 0b10;

/** What the handlers work on. */
export interface VendorParts {
  readonly flash: Flash;
  readonly update: FirmwareUpdate;
  readonly boardId: BoardId;
  readonly mode: TpmMode;
  readonly nonVolatile: NonVolatile;
  readonly host: VendorHost;
  readonly traits: { readonly hasTurnUpdateOn: boolean };
  /** Microseconds since the firmware started. */
  readonly upTimeUs: () => bigint;
  /** The next rising edge of TPM_RST_L reboots the chip if another image is there. */
  readonly armPostReset: () => void;
  /** The time stamp of the event log. */
  readonly log: { timestamp: number };
}

/** Every sub-command this chip has, by its number. [CHIP 5.2] */
export function vendorHandlers(parts: VendorParts): ReadonlyMap<number, Handler> {
  const { flash, update, boardId, mode, host, log } = parts;
  return new Map<number, Handler>([
    [SUBCOMMAND.FW_UPGRADE, (payload) => answer(update.take(payload))],
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
    [SUBCOMMAND.REPORT_TPM_STATE, () => answer(words(REPORT_VERSION, 0, 0, 0, 0, MAX_TRIES))],
    [SUBCOMMAND.TURN_UPDATE_ON, (payload) => turnUpdateOn(payload, parts)],
    [SUBCOMMAND.GET_BOARD_ID, () => answer(words(...boardId.words))],
    [SUBCOMMAND.SET_BOARD_ID, (payload) => setBoardId(payload, boardId, flash)],
    [SUBCOMMAND.GET_REC_BTN, () => answer(Uint8Array.of(NOT_PRESSED))],
    [SUBCOMMAND.GET_ALERTS_DATA, () => answer(noAlerts())],
    [SUBCOMMAND.WP, () => answer(Uint8Array.of(WP_ENABLED))],
    [SUBCOMMAND.TPM_MODE, (payload) => mode.handle(payload)],
    [SUBCOMMAND.SN_SET_HASH, (payload) => setSerialNumberHash(payload, parts.nonVolatile)],
    [SUBCOMMAND.SN_INC_RMA, (payload) => addRma(payload, parts.nonVolatile)],
    [SUBCOMMAND.GET_PWR_BTN, () => answer(Uint8Array.of(NOT_PRESSED))],
    [
      SUBCOMMAND.FLOG_TIMESTAMP,
      (payload) => {
        if (payload.length === 0) return answer(words(log.timestamp));
        if (payload.length !== 4) return refuse(VENDOR_RC.bogusArgs);
        log.timestamp = u32(payload, 0);
        return answer();
      },
    ],
    [SUBCOMMAND.GET_BOOT_MODE, () => answer(Uint8Array.of(NORMAL_BOOT))],
    [SUBCOMMAND.RESET_EC, () => answer()],
    [
      SUBCOMMAND.DS_DIS_TEMP,
      withoutPayload(() => {
        host.keepAwake();
        return answer();
      }),
    ],
    [SUBCOMMAND.GET_FACTORY_CONFIG, () => answer(u64(parts.nonVolatile.factoryConfig))],
    [SUBCOMMAND.SET_FACTORY_CONFIG, (payload) => setFactoryConfig(payload, parts.nonVolatile)],
    [SUBCOMMAND.GET_TIME, () => answer(u64(parts.upTimeUs()))],
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

function setBoardId(payload: Uint8Array, boardId: BoardId, flash: Flash): Answer {
  if (payload.length !== 8) return status(VENDOR_RC.bogusArgs);
  const type = u32(payload, 0);
  const flags = u32(payload, 4);
  if (!BoardId.wouldAllow(type, flags, flash.rw.header.boards)) return status(EC_ERROR.invalid);
  if (!boardId.isBlank) return status(EC_ERROR.accessDenied);
  boardId.set(type, flags);
  return status(VENDOR_RC.success);
}

function setSerialNumberHash(payload: Uint8Array, kept: NonVolatile): Answer {
  if (payload.length !== SERIAL_NUMBER_HASH_SIZE) return status(VENDOR_RC.bogusArgs);
  if (kept.serialNumberHash !== undefined) return status(EC_ERROR.accessDenied);
  kept.serialNumberHash = payload.slice();
  return status(VENDOR_RC.success);
}

function addRma(payload: Uint8Array, kept: NonVolatile): Answer {
  if (payload.length !== 1) return status(VENDOR_RC.bogusArgs);
  kept.rmaCount += payload[0]!;
  return status(VENDOR_RC.success);
}

function setFactoryConfig(payload: Uint8Array, kept: NonVolatile): Answer {
  if (payload.length !== 8) return refuse(VENDOR_RC.bogusArgs);
  kept.factoryConfig = new DataView(payload.buffer, payload.byteOffset, 8).getBigUint64(0);
  return answer();
}

/** Version, how many counters, and the counters, two bytes each. */
function noAlerts(): Uint8Array {
  const bytes = new Uint8Array(4 + 2 * ALERTS);
  bytes[1] = ALERTS_VERSION;
  bytes[3] = ALERTS;
  return bytes;
}
