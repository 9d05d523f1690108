import type { FactoryNv } from '../../tpm-engine.ts';
import type { BootCause } from '../boot-cause.ts';
import type { FirmwareTraits } from '../versions.ts';
import { Flash } from '../update/flash.ts';
import type { BoardRestriction } from '../update/header.ts';
import { FirmwareUpdate } from '../update/update.ts';
import { BoardId } from './board-id.ts';
import { BootRecord } from './boot-record.ts';
import { VENDOR_RC, WORKS_ON_WRONG_BOARD } from './codes.ts';
import { vendorHandlers } from './commands.ts';
import { EventLog } from './event-log.ts';
import { factoryNv } from './factory-nv.ts';
import type { Answer, Handler } from './handler.ts';
import { refuse } from './handler.ts';
import { NonVolatile } from './non-volatile.ts';
import { TpmMode } from './tpm-mode.ts';
import type { VendorHost } from './vendor-host.ts';

/** Tag, size, code or result, sub-command. [CHIP 5.1] */
const HEADER_SIZE = 12;
const ERROR = 0x500;

/** The answer to every TPM2 command on a board the image is not made for: TPM_RC_LOCKOUT. [CHIP 5.1] */
const LOCKOUT = [0x80, 0x01, 0, 0, 0, 0x0a, 0, 0, 0x09, 0x21];

/** What the vendor commands tell of the chip. */
export interface VendorOptions {
  readonly version: { readonly epoch: number; readonly major: number; readonly minor: number };
  /** Board ID the chip comes with; blank without it. */
  readonly boardId?: { readonly type: number; readonly flags: number };
  /** Boards that the image it comes with is made for; all without it. */
  readonly imageFor?: BoardRestriction;
  readonly traits: FirmwareTraits;
}

/** A response, and what happens once it is there; none at all has no bytes. */
export interface VendorResponse {
  readonly bytes: Uint8Array;
  readonly effect?: (() => void) | undefined;
}

/** Vendor commands, in front of the TPM library. [CHIP 5.1, 5.2] */
export class VendorLayer {
  readonly flash: Flash;
  readonly update: FirmwareUpdate;
  readonly mode: TpmMode;
  /** What the TPM library tells as NV indexes. */
  readonly factoryNv: FactoryNv;
  readonly #boardId = new BoardId();
  readonly #handlers: ReadonlyMap<number, Handler>;
  readonly #boots: BootRecord;
  readonly #log: EventLog;
  #awaitsReset = false;

  constructor(options: VendorOptions, host: VendorHost) {
    const { boardId, traits } = options;
    this.flash = new Flash(options.version, options.imageFor);
    if (boardId !== undefined) this.#boardId.set(boardId.type, boardId.flags);
    this.#boots = new BootRecord(() => host.now());
    this.#log = new EventLog(() => this.#boots.upTimeS);
    this.update = new FirmwareUpdate(this.flash, this.#boardId, {
      now: () => host.now(),
      disablesNewHeaders: () => traits.hasTurnUpdateOn,
    });
    this.mode = new TpmMode(() => {
      host.disableTpm();
    });
    const nonVolatile = new NonVolatile();
    this.factoryNv = factoryNv(this.#boardId, nonVolatile);
    this.#handlers = vendorHandlers({
      flash: this.flash,
      update: this.update,
      boardId: this.#boardId,
      mode: this.mode,
      nonVolatile,
      host,
      traits,
      log: this.#log,
      boots: this.#boots,
      isOnWrongBoard: () => this.isOnWrongBoard,
      armPostReset: () => {
        this.#awaitsReset = true;
      },
    });
  }

  /** The firmware starts, perhaps another one than before. */
  boot(cause: BootCause): void {
    this.flash.boot();
    this.#boots.booted(cause);
    this.#awaitsReset = false;
    this.#log.restart();
    this.mode.reset();
    this.update.restart(cause === 'hard-reset');
  }

  /** Whether the rising edge of TPM_RST_L reboots the chip instead of resetting the TPM. [CHIP 6] */
  get rebootsAtReset(): boolean {
    return this.mode.isDisabled || (this.#awaitsReset && this.flash.inactiveRw.image !== undefined);
  }

  get isOnWrongBoard(): boolean {
    return !this.#boardId.allows(this.flash.rw.header.boards);
  }

  /** The answer to a TPM2 command that the library does not get to see; undefined when it does. */
  lockout(): Uint8Array | undefined {
    return this.isOnWrongBoard ? Uint8Array.from(LOCKOUT) : undefined;
  }

  /** `buffer` is the whole command buffer; how much of it is the command only its size field tells. */
  execute(buffer: Uint8Array): VendorResponse {
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    const size = Math.min(view.getUint32(2), buffer.length);
    if (size < HEADER_SIZE) return { bytes: buffer.slice(0, size) };
    const { code, payload, effect, isSilent, fillsBuffer } = this.#route(
      view.getUint16(10),
      buffer.slice(HEADER_SIZE, size),
    );
    if (isSilent === true) return { bytes: new Uint8Array(), effect };
    const bytes = fillsBuffer === true ? buffer.slice() : new Uint8Array(HEADER_SIZE + payload.length);
    bytes.set(buffer.subarray(0, HEADER_SIZE));
    bytes.set(payload, HEADER_SIZE);
    const response = new DataView(bytes.buffer);
    response.setUint32(2, bytes.length);
    response.setUint32(6, code === 0 ? 0 : code | ERROR);
    return { bytes, effect };
  }

  #route(subCommand: number, payload: Uint8Array): Answer {
    const handler = this.#handlers.get(subCommand);
    if (handler === undefined) return refuse(VENDOR_RC.noSuchCommand);
    if (this.isOnWrongBoard && !WORKS_ON_WRONG_BOARD.has(subCommand)) return refuse(VENDOR_RC.noSuchCommand);
    return handler(payload);
  }
}
