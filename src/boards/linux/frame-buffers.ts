import type { SpiStep } from '../../board/index.ts';
import type { Duration } from '../../units/index.ts';
import { inUs, plus, ZERO } from '../../units/index.ts';
import type { WakePulse } from './options.ts';
import type { Transfer } from './spi-handle.ts';

/** Sum of the bytes of one message with spidev's default `bufsiz`. */
export const MAX_BYTES = 4096;

/** The kernel's delay is a 16 bit number of microseconds. */
const MAX_DELAY_US = 65_535;

/**
 * Frames up to this size come again and again, so their messages and records are kept. A frame has at most 86 bytes.
 */
const KEPT_WITHIN = 128;

/** Every property that the package looks for: one that is missing costs it a walk up the prototypes. */
const WHOLE = { speedHz: undefined, microSecondDelay: undefined, bitsPerWord: undefined };

const EMPTY: Transfer = { byteLength: 0, sendBuffer: Buffer.alloc(0) };
const ONE_BYTE: Transfer = { byteLength: 1, sendBuffer: Buffer.alloc(1) };

/** One transfer of a message: bytes of the frame and the pause after them. One without bytes only moves CS. */
interface Part {
  readonly from: number;
  readonly size: number;
  delayUs: number | undefined;
}

interface FrameBytes {
  readonly sent: Uint8Array;
  readonly received: Uint8Array;
}

/**
 * The bytes of the frame under way, as they are sent and as they come back, and the messages to spidev that carry them. A
 * message is begun, given its bytes and pauses in order, and ended; it is never changed afterwards.
 */
export class FrameBuffers {
  #sent = Buffer.alloc(MAX_BYTES);
  #received = Buffer.alloc(MAX_BYTES);
  #length = 0;
  /** The message that is being made, and its last part. */
  #messageAt = 0;
  #partAt = 0;
  #pauses = ZERO;
  #pause = ZERO;
  readonly #parts: Part[] = [];
  readonly #messages = new Map<number, Transfer[]>();
  readonly #views: FrameBytes[] = [];

  constructor(
    /** How a transfer that carries no bytes of the frame moves CS. */
    public wakePulse: WakePulse,
  ) {}

  /** Bytes of the frame, those of a message under way included. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of the message. */
  get size(): number {
    return this.#length - this.#messageAt;
  }

  /** Sum of the pauses of the message. */
  get pauses(): Duration {
    return this.#pauses;
  }

  received(at: number): number {
    return this.#received[at]!;
  }

  beginFrame(): void {
    this.#length = 0;
  }

  beginMessage(): void {
    this.#messageAt = this.#length;
    this.#partAt = this.#length;
    this.#pauses = ZERO;
    this.#pause = ZERO;
    if (this.#parts.length > 0) this.#parts.length = 0;
  }

  put(step: SpiStep): void {
    if (step.kind === 'poll') throw new RangeError('A transaction has at most one poll.');
    if (step.kind === 'read') this.clock(step.size);
    else if (step.kind !== 'delay') this.#send(step.bytes);
    else {
      this.#pause = plus(this.#pause, step.duration);
      this.#pauses = plus(this.#pauses, step.duration);
    }
  }

  /** Sends `size` zero bytes, to receive as many. */
  clock(size: number): void {
    const from = this.#extend(size);
    for (let i = from; i < this.#length; i++) this.#sent[i] = 0;
  }

  /** The message; with `keepsCs` CS stays asserted after it. */
  endMessage(keepsCs: boolean): Transfer[] {
    if (this.#parts.length === 0 && this.#pause === 0 && this.size > 0)
      return this.#inOnePart(this.#messageAt, this.size, keepsCs);
    this.#endPart();
    // Made only now: until here the buffers may have grown.
    const message = this.#parts.map((part) => this.#transferOfPart(part));
    // Nothing but the end of CS.
    if (message.length === 0) message.push(this.release());
    if (keepsCs) message.push({ ...message.pop()!, chipSelectChange: true });
    return message;
  }

  /** A transfer that releases CS at its end. Its bytes belong to no frame. */
  release(): Transfer {
    return this.wakePulse === 'empty' ? EMPTY : ONE_BYTE;
  }

  /** All bytes of the frame; views, valid until the next frame begins. Their `slice` copies, which that of a Buffer does not. */
  bytes(): FrameBytes {
    const length = this.#length;
    if (length >= KEPT_WITHIN) return this.#frameOf(length);
    return (this.#views[length] ??= this.#frameOf(length));
  }

  #frameOf(length: number): FrameBytes {
    const [sent, received] = [this.#sent, this.#received];
    return {
      sent: new Uint8Array(sent.buffer, sent.byteOffset, length),
      received: new Uint8Array(received.buffer, received.byteOffset, length),
    };
  }

  #send(bytes: Uint8Array): void {
    const from = this.#extend(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.#sent[from + i] = bytes[i]!;
  }

  /** Makes room for the next `size` bytes, which follow the last pause. @returns where they begin */
  #extend(size: number): number {
    if (this.#pause > 0 && size > 0) this.#endPart();
    this.#reserve(size);
    const from = this.#length;
    this.#length += size;
    return from;
  }

  #inOnePart(from: number, size: number, keepsCs: boolean): Transfer[] {
    if (from + size >= KEPT_WITHIN) return [this.#transferOf(from, size, keepsCs)];
    const key = (from * KEPT_WITHIN + size) * 2 + (keepsCs ? 1 : 0);
    let message = this.#messages.get(key);
    if (message === undefined) {
      message = [this.#transferOf(from, size, keepsCs)];
      this.#messages.set(key, message);
    }
    return message;
  }

  /** Bytes that follow each other are one transfer, and a delay belongs to the transfer before it. */
  #endPart(): void {
    const size = this.#length - this.#partAt;
    if (size > 0) this.#parts.push({ from: this.#partAt, size, delayUs: undefined });
    for (let left = Math.ceil(inUs(this.#pause)); left > 0; left -= MAX_DELAY_US) {
      let part = this.#parts.at(-1);
      if (part === undefined || part.delayUs !== undefined) {
        part = this.#bare();
        this.#parts.push(part);
      }
      part.delayUs = Math.min(left, MAX_DELAY_US);
    }
    this.#partAt = this.#length;
    this.#pause = ZERO;
  }

  /** A transfer for the sake of CS alone. Where it has to clock a byte, the byte is one of the frame. */
  #bare(): Part {
    const from = this.#length;
    if (this.wakePulse === 'empty') return { from, size: 0, delayUs: undefined };
    this.#reserve(1);
    this.#sent[this.#length++] = 0;
    return { from, size: 1, delayUs: undefined };
  }

  #transferOfPart({ from, size, delayUs }: Part): Transfer {
    const transfer = size === 0 ? EMPTY : this.#transferOf(from, size, false);
    return delayUs === undefined ? transfer : { ...transfer, microSecondDelay: delayUs };
  }

  #transferOf(from: number, size: number, keepsCs: boolean): Transfer {
    const { sent: sendBuffer, received: receiveBuffer } = this.#viewsOf(from, from + size);
    return { ...WHOLE, byteLength: size, sendBuffer, receiveBuffer, chipSelectChange: keepsCs };
  }

  #viewsOf(from: number, end: number): { readonly sent: Buffer; readonly received: Buffer } {
    return { sent: this.#sent.subarray(from, end), received: this.#received.subarray(from, end) };
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#sent.length) return;
    const more = Buffer.alloc(this.#sent.length + size);
    this.#sent = Buffer.concat([this.#sent, more]);
    this.#received = Buffer.concat([this.#received, more]);
    this.#messages.clear();
    this.#views.length = 0;
  }
}
