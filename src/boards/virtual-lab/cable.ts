import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { GuestUnruly } from './errors.ts';
import type { GuestClock } from './guest-clock.ts';
import { Inbox } from './inbox.ts';

/** Layout of the shared page; the other end and the meaning of the frames: rigs/virtual-lab/module/h1lab.c. */
const GUEST_COUNT = 0x0000;
const MODEL_COUNT = 0x0040;
const ANSWER_COUNT = 0x0080;
const ANSWER = 0x0400;
const RING = 0x1000;
const RING_SIZE = 0x1000;
export const CABLE_SIZE = RING + RING_SIZE;
const HEAD_SIZE = 12;
/** Maximum number of bytes of one transfer, of its answer, and of a text: ANSWER_MAX of the guest's module. */
const MAX_BODY = 0x400;

/** The byte that ends suspend to idle. */
const WAKE = 0xff;

const OP = { select: 1, transfer: 2, line: 3, power: 4, text: 5 } as const;

/**
 * The guest is up for the first time, goes to sleep, or is awake again. Firmware ends suspend to RAM, an interrupt suspend
 * to idle.
 */
export type PowerState = 'up' | 'going-to-idle' | 'going-to-ram' | 'back';

/** Gets what the guest does at its end of the cable. */
export interface CableListener {
  select(chipSelect: number, isAsserted: boolean): void;
  /** @returns what came back, byte for byte */
  transfer(chipSelect: number, sent: Uint8Array): Uint8Array;
  line(line: number, isOutput: boolean, level: boolean): void;
  power(state: PowerState): void;
  /** What was written to the attribute `ctl` of the guest's board. */
  text(text: string): void;
}

/**
 * The chip's end of the cable to the guest: a page of memory that both can see, and a UART that tells when it has
 * changed.
 */
export class Cable {
  readonly #memory: number;
  readonly #word = Buffer.alloc(4);
  #taken = 0;
  #answered = 0;
  readonly #inbox = new Inbox();
  #turn: NodeJS.Immediate | undefined;

  constructor(
    file: string,
    private readonly uart: Socket,
    private readonly listener: CableListener,
    private readonly clock: GuestClock,
  ) {
    this.#memory = openSync(file, 'r+');
    uart.on('data', () => {
      if (this.#turn === undefined) this.#drain();
    });
  }

  /** Makes the page before QEMU maps it. */
  static create(file: string): void {
    const memory = openSync(file, 'w+');
    ftruncateSync(memory, CABLE_SIZE);
    closeSync(memory);
  }

  /** Drives an input line of the guest. */
  drive(line: number, isHigh: boolean): void {
    this.#tell((line << 1) | (isHigh ? 1 : 0));
  }

  /** Ends the guest's suspend to idle. */
  wake(): void {
    this.#tell(WAKE);
  }

  close(): void {
    this.uart.removeAllListeners('data');
    clearImmediate(this.#turn);
    closeSync(this.#memory);
  }

  #tell(byte: number): void {
    if (this.uart.writable) this.uart.write(Uint8Array.of(byte));
  }

  /** Takes what is in the ring, and looks again after a turn of the event loop. A failure closes the cable. */
  #drain(): void {
    this.#turn = undefined;
    if (this.uart.destroyed) return;
    const written = this.#load(GUEST_COUNT);
    if (written === this.#taken) return;
    try {
      this.#takeFrames(written);
    } catch (failure) {
      this.uart.destroy(failure as Error);
      return;
    }
    this.#turn = setImmediate(() => {
      this.#drain();
    });
  }

  /** @throws GuestUnruly, and what the listener throws */
  #takeFrames(written: number): void {
    const fresh = (written - this.#taken) >>> 0;
    if (fresh > RING_SIZE)
      throw new GuestUnruly(`${fresh} bytes at once on its cable`, `its ring has ${RING_SIZE}`);
    this.#inbox.add(this.#ring(this.#taken % RING_SIZE, fresh));
    this.#taken = written;
    while (this.#inbox.length >= HEAD_SIZE) {
      const head = Buffer.from(this.#inbox.peek(HEAD_SIZE));
      const end = HEAD_SIZE + bodySize(head);
      if (end > HEAD_SIZE + MAX_BODY)
        throw new GuestUnruly(`a message of ${end - HEAD_SIZE} bytes`, `${MAX_BODY} are the most`);
      if (this.#inbox.length < end) break;
      const body = Buffer.from(this.#inbox.peek(end).subarray(HEAD_SIZE));
      this.#inbox.drop(end);
      this.#take(head, body);
    }
    this.#store(MODEL_COUNT, written);
  }

  #take(head: Buffer, body: Buffer): void {
    const [op, a, b, c] = [head[0]!, head[1]!, head[2]!, head[3]!];
    this.clock.begin(Number(head.readBigUInt64LE(4)));
    if (op === OP.select) this.listener.select(a, b === 1);
    else if (op === OP.transfer) {
      const answer = this.listener.transfer(a, body);
      writeSync(this.#memory, answer, 0, answer.length, ANSWER);
      this.#store(ANSWER_COUNT, ++this.#answered);
    } else if (op === OP.line) this.listener.line(a, c === 1, b === 1);
    else if (op === OP.power) this.listener.power(powerState(a, b === 1));
    else if (op === OP.text) this.listener.text(body.toString().trimEnd());
    this.clock.end();
  }

  #ring(from: number, size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    const first = Math.min(size, RING_SIZE - from);
    readSync(this.#memory, bytes, 0, first, RING + from);
    if (size > first) readSync(this.#memory, bytes, first, size - first, RING);
    return bytes;
  }

  #load(at: number): number {
    readSync(this.#memory, this.#word, 0, 4, at);
    return this.#word.readUInt32LE();
  }

  #store(at: number, value: number): void {
    this.#word.writeUInt32LE(value >>> 0);
    writeSync(this.#memory, this.#word, 0, 4, at);
  }
}

function powerState(a: number, isByFirmware: boolean): PowerState {
  if (a === 0) return 'up';
  if (a === 2) return 'back';
  return isByFirmware ? 'going-to-ram' : 'going-to-idle';
}

function bodySize(head: Buffer): number {
  if (head[0] === OP.select) return 4;
  return head[0] === OP.transfer || head[0] === OP.text ? head.readUInt16LE(2) : 0;
}
