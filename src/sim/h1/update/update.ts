import { createHash } from 'node:crypto';
import type { Instant } from '../../../units/index.ts';
import { later, seconds } from '../../../units/index.ts';
import type { BoardId } from '../vendor/board-id.ts';
import type { Flash } from './flash.ts';
import { RW_SIZE } from './flash.ts';
import type { ImageHeader } from './header.ts';
import { DISABLED, FIELD, HEADER_SIZE, isOlder, readHeader } from './header.ts';
import type { Section } from './section.ts';

/** [CHIP 5.3] */
export const STATUS = {
  success: 0,
  badAddress: 1,
  dataError: 3,
  writeFailure: 4,
  verifyError: 5,
  generalError: 6,
  rollback: 8,
  rateLimit: 9,
  unalignedBlock: 10,
  truncatedHeader: 11,
  boardId: 12,
} as const;

type Status = (typeof STATUS)[keyof typeof STATUS];

/** A block digest of 4 bytes and a block base of 4 bytes come before the data. [CHIP 5.3] */
const PDU_HEADER_SIZE = 8;
const DIGEST_SIZE = 4;
const PROTOCOL_VERSION = 6;
const TRANSFER_SIZE = 1024;
const LEAST_IMAGE = 0x800;
/** Flash takes whole words. [CHIP 5.3] */
const WORD = 4;

/** How long going back within a section is refused, and everything after a hard reset. [CHIP 5.3] */
const BACK_OFF = seconds(60);

/** What an update needs of the chip around it. */
export interface UpdateHost {
  now(): Instant;
  /** Headers keep the image from running until TURN_UPDATE_ON. */
  disablesNewHeaders(): boolean;
}

interface Sections {
  readonly ro: Section;
  readonly rw: Section;
}

/** What makes a block slow. */
interface FlashWork {
  readonly erased: boolean;
  readonly written: boolean;
}

const IDLE: FlashWork = { erased: false, written: false };

/** Sub-command FW_UPGRADE: takes an image block by block into the sections that do not run. [CHIP 5.3] */
export class FirmwareUpdate {
  #sections: Sections | undefined;
  #bootedAt = 0 as Instant;
  #wasHardReset = false;
  #lastWrite: Instant | undefined;
  #previousRo = -TRANSFER_SIZE;
  #previousRw = 0;
  #work: FlashWork = IDLE;

  constructor(
    private readonly flash: Flash,
    private readonly boardId: BoardId,
    private readonly host: UpdateHost,
  ) {}

  /** What was done to flash since the last call. */
  takeWork(): FlashWork {
    const work = this.#work;
    this.#work = IDLE;
    return work;
  }

  /** The firmware started: what it knew of an update is gone. */
  restart(wasHardReset: boolean): void {
    this.#sections = undefined;
    this.#bootedAt = this.host.now();
    this.#wasHardReset = wasHardReset;
    this.#lastWrite = undefined;
    this.#previousRo = -TRANSFER_SIZE;
    this.#previousRw = 0;
  }

  /** The response payload to a request payload: 48 bytes to a start PDU, one byte of status to every other. */
  answer(payload: Uint8Array): Uint8Array {
    if (payload.length < PDU_HEADER_SIZE) return Uint8Array.of(STATUS.generalError);
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const base = view.getUint32(DIGEST_SIZE);
    if (base === 0 && payload.length === PDU_HEADER_SIZE) return this.#begin();
    return Uint8Array.of(this.#writeBlock(payload, base, payload.subarray(PDU_HEADER_SIZE)));
  }

  #begin(): Uint8Array {
    const { flash } = this;
    this.#sections = { ro: flash.inactiveRo, rw: flash.inactiveRw };
    const { header: ro } = flash.ro;
    const { header: rw } = flash.rw;
    const response = new Uint8Array(48);
    const view = new DataView(response.buffer);
    [
      0,
      PROTOCOL_VERSION,
      this.#sections.ro.base,
      this.#sections.rw.base,
      ...[ro.minor, ro.major, ro.epoch],
      ...[rw.minor, rw.major, rw.epoch],
      ro.keyId,
      rw.keyId,
    ].forEach((word, at) => {
      view.setUint32(4 * at, word);
    });
    return response;
  }

  /** The checks in the chip's order; an erased section stays erased when a later one fails. */
  #writeBlock(payload: Uint8Array, base: number, data: Uint8Array): Status {
    const digest = createHash('sha1').update(payload.subarray(DIGEST_SIZE)).digest();
    if (!digest.subarray(0, DIGEST_SIZE).equals(payload.subarray(0, DIGEST_SIZE))) return STATUS.dataError;
    const sections = this.#sections;
    if (sections === undefined) return this.#refuseEarly(base, data);
    const header = this.#headerOf(sections, base, data);
    if (typeof header === 'number') return header;
    const section = sectionFor(sections, base, data.length);
    if (section === undefined) return STATUS.badAddress;
    if (base === section.base) {
      section.erase();
      this.#work = { erased: true, written: false };
    }
    if (this.#comesTooSoon(sections, base)) return STATUS.rateLimit;
    if (header !== undefined && header.imageSize < LEAST_IMAGE) return STATUS.truncatedHeader;
    return this.#write(sections, section, base, header === undefined ? data : this.#disabled(data));
  }

  /** Before a start PDU both sections count as lying at 0. [CHIP 5.3] */
  #refuseEarly(base: number, data: Uint8Array): Status {
    if (base !== 0) {
      const end = (base + data.length) % 2 ** 32;
      return base < HEADER_SIZE || end < HEADER_SIZE ? STATUS.unalignedBlock : STATUS.badAddress;
    }
    if (data.length < HEADER_SIZE) return STATUS.truncatedHeader;
    return isOlder(readHeader(data), this.flash.ro.header) ? STATUS.rollback : STATUS.badAddress;
  }

  /** The new image's header if the block has it, undefined if it has nothing of one, or why it is refused. */
  #headerOf(sections: Sections, base: number, data: Uint8Array): ImageHeader | Status | undefined {
    const { ro, rw } = sections;
    if (base !== ro.base && base !== rw.base) {
      const touches = (at: number): boolean =>
        [ro.base, rw.base].some((start) => at >= start && at < start + HEADER_SIZE);
      return touches(base) || touches(base + data.length) ? STATUS.unalignedBlock : undefined;
    }
    if (data.length < HEADER_SIZE) return STATUS.truncatedHeader;
    const header = readHeader(data);
    const running = base === ro.base ? this.flash.ro : this.flash.rw;
    if (isOlder(header, running.header)) return STATUS.rollback;
    if (base === rw.base && !this.boardId.allows(header.boards)) return STATUS.boardId;
    return header;
  }

  /** [CHIP 5.3] After a pause the RO section, which follows the RW one in an update, accepts blocks again. */
  #comesTooSoon(sections: Sections, base: number): boolean {
    const now = this.host.now();
    if (now > later(this.#lastWrite ?? this.#bootedAt, BACK_OFF)) {
      this.#previousRo = -TRANSFER_SIZE;
      return false;
    }
    if (this.#lastWrite === undefined && this.#wasHardReset) return true;
    const previous = isInRw(sections, base) ? this.#previousRw : this.#previousRo;
    return base < previous + TRANSFER_SIZE;
  }

  #write(sections: Sections, section: Section, base: number, data: Uint8Array): Status {
    if (base % WORD !== 0 || data.length % WORD !== 0) return STATUS.writeFailure;
    const isSame = section.write(base, data);
    this.#work = { ...this.#work, written: true };
    this.#lastWrite = this.host.now();
    if (isInRw(sections, base)) this.#previousRw = base;
    else this.#previousRo = base;
    return isSame ? STATUS.success : STATUS.verifyError;
  }

  #disabled(data: Uint8Array): Uint8Array {
    if (!this.host.disablesNewHeaders()) return data;
    const block = data.slice();
    block[FIELD.imageSize + 3]! |= DISABLED >>> 24;
    return block;
  }

  /** Lets what was brought run from the next boot on, RW first; how many images that are. */
  restoreHeaders(): number {
    const { inactiveRo, inactiveRw } = this.flash;
    return Number(inactiveRw.restoreHeader(RW_SIZE)) + Number(inactiveRo.restoreHeader(RW_SIZE));
  }
}

const isInRw = ({ rw }: Sections, base: number): boolean => base >= rw.base && base < rw.end;

const sectionFor = ({ ro, rw }: Sections, base: number, size: number): Section | undefined =>
  [rw, ro].find((section) => base >= section.base && base + size <= section.end);
