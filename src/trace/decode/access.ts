import type { Direction } from '../../wire/index.ts';
import { TPM_SPI_BASE, TPM_STS } from '../../wire/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { between } from '../../units/index.ts';
import type { FrameEnding, Maker, WireFrame } from '../events.ts';
import { UNKNOWN } from '../events.ts';

/** What is wrong with the shape of a frame; several may hold. */
export const FLAW = {
  /** Fewer than four bytes. */
  shortHeader: 1,
  /** The address lies outside d4xxxx. */
  foreignAddress: 2,
  /** No wait byte had bit 0 set: the chip never said that it was ready. */
  neverReady: 4,
  /** Fewer data bytes than the header announced. */
  tooShort: 8,
  /** A write with more data bytes than the header announced: the chip takes the last ones. [CHIP 1.5] */
  tooLong: 16,
  /** Clocks that make no whole byte. */
  spareClocks: 32,
  /** The trace began or ended inside the frame. */
  cut: 64,
  /** A clock phase far shorter than the others: a glitch, so that bits may be wrong. */
  glitch: 128,
  /** CS stayed asserted after the frame before, so the chip takes both for one. */
  continued: 512,
  /** A read was clocked on after its data, and the chip did not answer with its dummy word. [CHIP 1.3] */
  strayBytes: 256,
} as const;
/** What can be wrong with the shape of a frame. */
export type Flaw = keyof typeof FLAW;

const HEADER = 4;

/**
 * One frame as a TIS access, with the ready pulse that answered it. One object serves all frames of a trace: it holds
 * what is said until the listener returns, so copy what you keep.
 */
export class Access {
  /** Frames before this one in the trace. */
  index = -1;
  fall = 0 as Instant;
  rise = 0 as Instant;
  direction: Direction = 'read';
  /** All 24 bits. */
  address = 0;
  /** Data bytes that the header announced. */
  size = 0;
  /** Bytes on the wire, those that were left out not counted. */
  length = 0;
  /** Wait bytes clocked, the ready byte included. */
  waitBytes = 0;
  /** Where the data begin, and how many of the announced bytes there are. */
  dataAt = 0;
  dataLength = 0;
  /**
   * Number of bytes that a read was clocked on after its data. They do no harm, and show a host that guesses the
   * stall. [CHIP 1.5]
   */
  spareBytes = 0;
  /** A set of FLAW. */
  flaws = 0;
  ending: FrameEnding = 'complete';
  /** Times INT_AP_L was asserted between this frame's rise and the end of the next CS assertion. */
  pulses = 0;
  /** The first of these pulses; NaN while unknown. */
  pulseFrom = NaN as Instant;
  pulseTo = NaN as Instant;
  /** Lines whose level was unknown at some time since the frame before: bit 0 for INT_AP_L, bit 1 for TPM_RST_L. */
  unseen = 0;
  /** The frame before or behind this one was answered with FF, too: MISO does not move. */
  isAmongOnes = false;
  /** TPM_RST_L is known to show resets: it has moved, and its level is known. */
  showsResets = false;
  /** Whether the chip is an H1, by the TPM_DID_VID that was read until now. */
  isH1 = false;
  isForeign = false;
  /** The last of these pulses. */
  lastPulseFrom = NaN as Instant;
  /** When the wait for the pulse ended, and whether a reset, a switch of power or the end of the trace ended it. */
  waitedUntil = NaN as Instant;
  isCutOff = false;
  maker: Maker = 'driver';
  /** INT_AP_L was asserted while this frame had CS asserted. */
  hasPulseInside = false;
  #sent = new Uint8Array(128);
  #received = new Uint8Array(128);

  get sent(): Uint8Array {
    return this.#sent.subarray(0, this.length);
  }

  get received(): Uint8Array {
    return this.#received.subarray(0, this.length);
  }

  /** The data phase: what the host wrote, or what the chip answered. */
  get data(): Uint8Array {
    const bytes = this.direction === 'write' ? this.#sent : this.#received;
    return bytes.subarray(this.dataAt, this.dataAt + this.dataLength);
  }

  /** The first four data bytes, least significant first. */
  get value(): number {
    const bytes = this.direction === 'write' ? this.#sent : this.#received;
    let value = 0;
    for (let i = Math.min(4, this.dataLength) - 1; i >= 0; i--) value = value * 256 + bytes[this.dataAt + i]!;
    return value;
  }

  /** Offset in locality 0, or -1 when the address lies elsewhere. */
  get register(): number {
    return this.locality === 0 ? this.offset : -1;
  }

  /** 0 to 4, or -1 when the address lies in none. */
  get locality(): number {
    const locality = (this.address - TPM_SPI_BASE) >> 12;
    return locality >= 0 && locality <= 4 ? locality : -1;
  }

  /** Offset in the locality, or -1 when the address lies in none. */
  get offset(): number {
    return this.locality < 0 ? -1 : this.address & 0xfff;
  }

  /**
   * Whether the chip acts on the access. An H1 has locality 0 alone, and takes TPM_STS only from its first byte on.
   * [CHIP 4.1]
   */
  get isHeeded(): boolean {
    if (!this.isH1) return this.locality >= 0;
    return this.locality === 0 && !(this.offset > TPM_STS && this.offset < TPM_STS + 4);
  }

  /** The byte of a register of any locality that this access moves; NaN when it does not reach it. */
  byteAt(register: number): number {
    const at = register - this.offset;
    if (this.offset < 0 || at < 0 || at >= this.dataLength) return NaN;
    return (this.direction === 'write' ? this.#sent : this.#received)[this.dataAt + at]!;
  }

  /** The address is one of those of the data FIFO, in any locality. [DRIVER 2.1] */
  get isFifo(): boolean {
    const { offset } = this;
    return (offset >= 0x24 && offset <= 0x27) || (offset >= 0x80 && offset <= 0x83);
  }

  get isWhole(): boolean {
    return this.flaws === 0 && this.ending === 'complete';
  }

  /** The trace begins inside this frame: where its header lies nobody knows. */
  get hasLostBegin(): boolean {
    return this.ending === 'cut' && this.index === 0;
  }

  /** What the chip answered during the header: bit 0 of its last byte is the place of an early ready. */
  get headerAnswer(): number {
    return this.length < HEADER || this.hasLostBegin ? 0 : this.#received[HEADER - 1]!;
  }

  /** The first frame after a TPM reset: its header alone was answered with FF, and not those beside it. [CHIP 1.3] */
  get isFirstAfterReset(): boolean {
    return this.answersOnes && !this.isAmongOnes;
  }

  /** The whole header was answered with FF, so that nothing the frame answers is valid. */
  get answersOnes(): boolean {
    if (this.length < HEADER) return false;
    for (let i = 0; i < HEADER; i++) if (this.#received[i] !== 0xff) return false;
    return true;
  }

  /** From CS deasserted to INT_AP_L asserted; NaN when no pulse came. */
  get pulseDelay(): Duration {
    return between(this.rise, this.pulseFrom);
  }

  get pulseWidth(): Duration {
    return between(this.pulseFrom, this.pulseTo);
  }

  /** No byte shows that the chip took the frame: it said ready nowhere, or drives ones all along as before it runs. */
  get isUnanswered(): boolean {
    if ((this.flaws & FLAW.neverReady) !== 0) return true;
    for (let i = 0; i < this.length; i++) if (this.#received[i] !== 0xff) return false;
    return true;
  }

  get flawNames(): Flaw[] {
    if (this.flaws === 0) return [];
    return (Object.keys(FLAW) as Flaw[]).filter((name) => (this.flaws & FLAW[name]) !== 0);
  }

  /** Begins with a frame: copies its bytes and finds header, wait bytes and data. */
  begin(frame: WireFrame, index: number, maker: Maker = 'driver'): void {
    const { sent, received } = frame;
    const isContinued = this.ending === 'held' && frame.fall >= this.rise;
    const length = sent.length;
    this.index = index;
    this.fall = frame.fall;
    this.rise = frame.rise;
    this.length = length;
    this.ending = frame.ending ?? 'complete';
    this.pulses = 0;
    this.pulseFrom = NaN as Instant;
    this.pulseTo = NaN as Instant;
    this.lastPulseFrom = NaN as Instant;
    this.hasPulseInside = false;
    this.maker = maker;
    this.waitedUntil = NaN as Instant;
    this.isCutOff = false;
    if (length > this.#sent.length) this.#grow(length);
    const ownSent = this.#sent;
    const ownReceived = this.#received;
    for (let i = 0; i < length; i++) {
      ownSent[i] = sent[i]!;
      ownReceived[i] = received[i]!;
    }
    this.flaws =
      (this.ending === 'cut' ? FLAW.cut : 0) |
      (isContinued ? FLAW.continued : 0) |
      ((frame.spareClocks ?? 0) > 0 ? FLAW.spareClocks : 0) |
      (frame.hasGlitch === true ? FLAW.glitch : 0);
    if (length < HEADER) {
      this.direction = 'write';
      this.address = 0;
      this.size = 0;
      this.waitBytes = 0;
      this.dataAt = length;
      this.dataLength = 0;
      this.spareBytes = 0;
      this.flaws |= FLAW.shortHeader;
      return;
    }
    this.direction = ownSent[0]! & 0x80 ? 'read' : 'write';
    this.size = (ownSent[0]! & 0x3f) + 1;
    this.address = (ownSent[1]! << 16) | (ownSent[2]! << 8) | ownSent[3]!;
    if (ownSent[1] !== TPM_SPI_BASE >> 16) this.flaws |= FLAW.foreignAddress;
    const elided = frame.elided ?? 0;
    if (frame.polled === UNKNOWN) this.#findData();
    else {
      this.waitBytes = frame.polled;
      this.dataAt = Math.min(length, frame.pollAt + Math.max(0, frame.polled - elided));
      if (this.ending !== 'complete') this.flaws |= FLAW.neverReady;
    }
    this.#measureData();
  }

  /** Finds the data by the frame's length and the first ready byte. */
  #findData(): void {
    const { length, size } = this;
    const received = this.#received;
    // The host took the ready of the header's last byte, or there was no wait byte at all.
    if (length === HEADER + size && (received[HEADER - 1]! & 1) === 1) {
      this.waitBytes = 0;
      this.dataAt = HEADER;
      return;
    }
    let at = HEADER;
    while (at < length && (received[at]! & 1) === 0) at++;
    if (at === length) {
      this.flaws |= FLAW.neverReady;
      this.waitBytes = length - HEADER;
      this.dataAt = length;
      return;
    }
    this.waitBytes = at + 1 - HEADER;
    this.dataAt = at + 1;
  }

  #measureData(): void {
    const rest = this.length - this.dataAt;
    const more = Math.max(0, rest - this.size);
    this.dataLength = rest - more;
    this.spareBytes = this.direction === 'read' ? more : 0;
    if (more > 0 && this.direction === 'write') {
      this.flaws |= FLAW.tooLong;
      // The chip takes the last bytes of a frame that writes. [CHIP 1.5]
      this.dataAt = this.length - this.size;
    } else if (rest < this.size && (this.flaws & FLAW.neverReady) === 0) this.flaws |= FLAW.tooShort;
    if (this.spareBytes > 0 && !this.#endsSilent()) this.flaws |= FLAW.strayBytes;
  }

  /**
   * Whether the chip answered the bytes behind a read's data with its dummy word, 00. In the first frame after a reset
   * nobody can tell where the data are. [CHIP 1.3]
   */
  #endsSilent(): boolean {
    if (this.answersOnes) return true;
    for (let i = this.dataAt + this.size; i < this.length; i++) if (this.#received[i] !== 0) return false;
    return true;
  }

  #grow(length: number): void {
    this.#sent = new Uint8Array(2 * length);
    this.#received = new Uint8Array(2 * length);
  }
}
