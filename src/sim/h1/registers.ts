import type { BoardCfg } from './board-cfg.ts';
import type { CommandState } from './command-state.ts';
import type { FwVersionStream } from './fw-version.ts';

/** Locality 0, the only one there is. [CHIP 1.2, 4.2] */
const BASE = 0xd40000;

const TPM_ACCESS = 0x000;
const TPM_INTF_CAPABILITY = 0x014;
const TPM_STS = 0x018;
const TPM_DATA_FIFO = 0x024;
const TPM_DID_VID = 0xf00;
const TPM_RID = 0xf04;
const TPM_FW_VER = 0xf90;
const TPM_BOARD_CFG = 0xfe0;

const REG_VALID_STS = 0x80;
const ACTIVE_LOCALITY = 0x20;
const REQUEST_USE = 0x02;

const DID_VID = 0x00281ae0;
const RID = 0;
/** Interface 1.3 for TPM 2.0, transfers of up to 64 bytes, bits 4, 2 and 0. [CHIP 4.1] */
const INTF_CAPABILITY = 0x30000615;

/** Which register an address means, as far as timing is concerned. */
export type RegisterKind = 'access' | 'sts' | 'fifo' | 'other';

/** Which of the registers an address is in. */
export function kindOf(address: number): RegisterKind {
  if (address === BASE + TPM_ACCESS) return 'access';
  if (address === BASE + TPM_STS) return 'sts';
  return address === BASE + TPM_DATA_FIFO ? 'fifo' : 'other';
}

/** The registers behind the SPI front end. [CHIP 4.1] */
export class Registers {
  /** The TPM was not initialised, after too many resets: RID and FW_VER are 0, ACCESS and STS begin at 0. [CHIP 6] */
  isUninitialised = false;
  #access = REG_VALID_STS;

  constructor(
    private readonly command: CommandState,
    private readonly fwVersion: FwVersionStream,
    private readonly boardCfg: BoardCfg,
    private readonly traits: { readonly hasBoardCfg: boolean },
  ) {}

  reset(): void {
    this.#access = this.isUninitialised ? 0 : REG_VALID_STS;
    this.command.reset(this.isUninitialised);
    this.fwVersion.rewind();
  }

  /** Fills what the register defines of `into`; the rest keeps the bytes of earlier reads. [CHIP 1.6] */
  read(address: number, into: Uint8Array, at: number, size: number): void {
    switch (address - BASE) {
      case TPM_ACCESS:
        putWord(this.#access, into, at, size);
        return;
      case TPM_INTF_CAPABILITY:
        putWord(INTF_CAPABILITY, into, at, size);
        return;
      case TPM_STS:
        putWord(this.command.sts, into, at, size);
        return;
      case TPM_DATA_FIFO:
        this.command.readFifo(into, at, size);
        return;
      case TPM_DID_VID:
        putWord(DID_VID, into, at, size);
        return;
      case TPM_RID:
        putWord(RID, into, at, size);
        return;
      case TPM_FW_VER:
        if (this.isUninitialised) into.fill(0, at, at + size);
        else this.fwVersion.read(into, at, size);
        return;
      case TPM_BOARD_CFG:
        if (this.traits.hasBoardCfg) putWord(this.boardCfg.value, into, at, size);
    }
  }

  write(address: number, from: Uint8Array, at: number, size: number): void {
    switch (address - BASE) {
      case TPM_ACCESS:
        this.#writeAccess(from[at]!);
        return;
      case TPM_STS:
        this.command.writeSts(wordOf(from, at, size));
        return;
      case TPM_DATA_FIFO:
        this.command.writeFifo(from, at, size);
        return;
      case TPM_FW_VER:
        this.fwVersion.rewind();
        return;
      case TPM_BOARD_CFG:
        if (this.traits.hasBoardCfg) this.boardCfg.write(wordOf(from, at, size));
        return;
    }
  }

  /** Exactly one known bit, or nothing happens. [CHIP 4.2] */
  #writeAccess(value: number): void {
    if (value === REQUEST_USE) this.#access |= ACTIVE_LOCALITY;
    if (value === ACTIVE_LOCALITY) {
      this.#access &= ~ACTIVE_LOCALITY;
      this.command.release();
    }
  }
}

/** Least significant byte first, at most four of them. */
function putWord(value: number, into: Uint8Array, at: number, size: number): void {
  for (let i = 0; i < size && i < 4; i++) into[at + i] = (value >>> (8 * i)) & 0xff;
}

function wordOf(from: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size && i < 4; i++) value |= from[at + i]! << (8 * i);
  return value >>> 0;
}
