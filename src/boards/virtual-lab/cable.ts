import { closeSync, readSync, writeSync } from 'node:fs';
import type { Outlook } from '../../sim/index.ts';
import type { Instant } from '../../units/index.ts';
import { BEGINNING } from '../../units/index.ts';
import { GuestUnruly } from './errors.ts';
import type { GuestClock } from './guest-clock.ts';
import type { GuestTime } from './guest-time.ts';
import type { ProxyListener } from './proxy-device.ts';

/** What the guest stops for, and the layout of what is said and told: rigs/virtual-lab/module/h1lab.c. */
const OPERATIONS = [
  ...(['hello', 'tick', 'select', 'transfer', 'line'] as const),
  ...(['power', 'control', 'write', 'read', 'listen'] as const),
];
export type Operation = (typeof OPERATIONS)[number];

const SAID_HEAD = 48;
const TOLD_AT = 0x8000;
const TOLD_HEAD = 48;
const HELD_AT = 0x10000;
const MAX_HELD = 4096;
const MAX_DATA = 0x4000;
/** Few stops say more: the rest is read when it is there. */
const FIRST_READ = SAID_HEAD + 256;

/** The edge field: an edge is there, and which. */
const EDGE = 2;
/** The edges of READY that the guest wants. */
const RISING = 1;
const FALLING = 2;

/**
 * The guest is up for the first time, goes to sleep, or is awake again. Firmware ends suspend to RAM, an interrupt suspend
 * to idle.
 */
export type PowerState = 'up' | 'going-to-idle' | 'going-to-ram' | 'back';

/** One stop of the guest. */
export interface Stop {
  readonly operation: Operation;
  readonly a: number;
  readonly b: number;
  readonly guestNs: number;
  /** When zeros were clocked since the last stop whose answers the guest knew already. */
  readonly held: readonly number[];
  readonly sent: Uint8Array;
  readonly answer: Uint8Array;
}

/** Gets what the guest does at its end of the cable. */
export interface CableListener {
  select(chipSelect: number, isAsserted: boolean): void;
  /** What single zeros on the chip's wires will get; undefined when nobody knows. */
  outlook(): Outlook | undefined;
  /** @returns what came back, byte for byte */
  transfer(chipSelect: number, sent: Uint8Array, hz: number): Uint8Array;
  line(line: number, isOutput: boolean, level: boolean): void;
  power(state: PowerState): void;
  /** What was written to the attribute `ctl` of the guest's board. */
  text(text: string): void;
  /** What was written to the guest's stream. */
  stream(bytes: Buffer): void;
  /** After each stop, when it is known what it is answered. */
  stopped?(stop: Stop): void;
}

/** An edge of READY that the guest has not been told yet. */
interface Edge {
  readonly isHigh: boolean;
  readonly at: Instant;
}

const NOTHING = Buffer.alloc(0);
const NO_OUTLOOK: Outlook = { miso: 0, until: BEGINNING, count: 0 };
const ZERO = Uint8Array.of(0);

/** The chip's end of the cable to the guest: what it says at a stop, and what it is told, in memory that both see. */
export class Cable implements ProxyListener {
  #address = 0;
  readonly #said = Buffer.alloc(SAID_HEAD + MAX_DATA);
  readonly #told = Buffer.alloc(TOLD_HEAD + MAX_DATA);
  readonly #edges: Edge[] = [];
  #level = true;
  #listens = 0;
  #outbox: Buffer = NOTHING;
  #wakes = false;
  #memory: number | undefined;
  readonly #held = Buffer.alloc(MAX_HELD * 8);
  /** What the guest was told that further zeros get. */
  #promised = 0;

  constructor(
    private readonly time: GuestTime,
    private readonly clock: GuestClock,
    private readonly listener: CableListener,
    /** Opens the guest's memory as a file. */
    private readonly openMemory: () => number,
  ) {}

  memoryAt(address: number): void {
    this.#memory ??= this.openMemory();
    this.#address = address;
  }

  /** @throws GuestUnruly, and what the listener throws */
  ring(answered: () => void): void {
    const said = this.#hear();
    const operation = operationOf(said.readUInt32LE(0));
    const [a, b] = [said.readUInt32LE(4), said.readUInt32LE(8)];
    const sent = said.subarray(SAID_HEAD, SAID_HEAD + said.readUInt32LE(12));
    const guestNs = Number(said.readBigUInt64LE(16));
    const held = this.#hearHeld(said.readUInt32LE(32), said.readUInt32LE(36));
    this.time.arrive(guestNs);
    this.#listenTo(said.readUInt32LE(40));
    this.clock.begin(Number(said.readBigUInt64LE(24)));
    const answer = this.#serve(operation, a, b, sent);
    this.clock.end();
    this.listener.stopped?.({ operation, a, b, guestNs, held, sent, answer });
    const edge = operation === 'tick' ? this.#dueEdge() : Number(this.#level);
    this.time.depart(() => {
      this.#tell(edge, answer);
      answered();
    });
  }

  /**
   * Drives READY as the guest sees it, from this moment on. Who wants one kind of edge is told one, as by a controller that
   * latches it, however many come before it is taken.
   */
  drive(isHigh: boolean, at: Instant): void {
    if (isHigh === this.#level) return;
    this.#level = isHigh;
    const isLatched = this.#edges.length > 0 && this.#listens !== (RISING | FALLING);
    if ((this.#listens & (isHigh ? RISING : FALLING)) !== 0 && !isLatched) this.#edges.push({ isHigh, at });
  }

  /** Edges that the guest does not want any more do not arrive. */
  #listenTo(listens: number): void {
    if (listens === 0) this.#edges.length = 0;
    this.#listens = listens;
  }

  /** Edges that are still on their way do not arrive. */
  forgetEdges(): void {
    const next = this.#edges[0];
    if (next !== undefined) this.#level = !next.isHigh;
    this.#edges.length = 0;
  }

  /** Puts bytes on the guest's stream. */
  say(bytes: Buffer): void {
    this.#outbox = this.#outbox.length > 0 ? Buffer.concat([this.#outbox, bytes]) : bytes;
  }

  /** Ends the guest's suspend to idle. */
  wake(): void {
    this.#wakes = true;
  }

  close(): void {
    if (this.#memory !== undefined) closeSync(this.#memory);
    this.#memory = undefined;
  }

  #hear(): Buffer {
    const said = this.#said;
    this.#read(said, 0, FIRST_READ);
    const size = SAID_HEAD + said.readUInt32LE(12);
    if (size > said.length)
      throw new GuestUnruly(`a message of ${size - SAID_HEAD} bytes`, `${MAX_DATA} are the most`);
    if (size > FIRST_READ) this.#read(said, FIRST_READ, size);
    return said;
  }

  #read(bytes: Buffer, from: number, to: number, at = 0): void {
    const size = readSync(this.#memory!, bytes, from, to - from, this.#address + at + from);
    if (size < to - from)
      throw new GuestUnruly(`the address ${this.#address} for its talk`, 'its memory ends before that');
  }

  /** Clocks the zeros that the guest wrote down, each at its moment. */
  #hearHeld(count: number, hz: number): readonly number[] {
    if (count === 0) return [];
    if (count > MAX_HELD)
      throw new GuestUnruly(`${count} bytes at once without an answer`, `${MAX_HELD} are the most`);
    this.#read(this.#held, 0, count * 8, HELD_AT);
    const times = Array.from({ length: count }, (_, index) => Number(this.#held.readBigUInt64LE(index * 8)));
    for (const at of times) {
      this.time.arrive(at);
      const [miso] = this.listener.transfer(0, ZERO, clockRate(hz));
      if (miso !== this.#promised)
        throw new Error(`The chip answered ${String(miso)} where it had promised ${this.#promised}.`);
    }
    return times;
  }

  #serve(operation: Operation, a: number, b: number, sent: Buffer): Uint8Array {
    const { listener } = this;
    if (operation === 'transfer') return listener.transfer(a, sent, clockRate(b));
    if (operation === 'read') return this.#take(a);
    if (operation === 'select') listener.select(a, b === 1);
    else if (operation === 'line') listener.line(a, b >= 2, (b & 1) === 1);
    else if (operation === 'write') listener.stream(Buffer.from(sent));
    else if (operation === 'control') listener.text(sent.toString().trimEnd());
    else if (operation === 'hello') listener.power('up');
    else if (operation === 'power') listener.power(powerState(a, b === 1));
    return NOTHING;
  }

  #take(most: number): Buffer {
    const bytes = this.#outbox.subarray(0, most);
    this.#outbox = this.#outbox.subarray(bytes.length);
    return bytes;
  }

  /** One edge a call: the guest calls again at once for the next one. */
  #dueEdge(): number {
    const next = this.#edges[0];
    if (next === undefined || !this.time.hasCome(next.at)) return 0;
    this.#edges.shift();
    return EDGE | (next.isHigh ? 1 : 0);
  }

  /** Nothing but the guest does anything before the chip's next event, so what the chip foresees until then comes true. */
  #promise(): void {
    const { miso, until, count } = this.listener.outlook() ?? NO_OUTLOOK;
    this.#promised = miso;
    this.#told.writeBigUInt64LE(this.time.promise(until), 32);
    this.#told.writeUInt32LE(Math.min(count, MAX_HELD), 40);
    this.#told.writeUInt32LE(miso, 44);
  }

  #tell(edge: number, answer: Uint8Array): void {
    const told = this.#told;
    this.#promise();
    const { until, alarm } = this.time.schedule(this.#listens !== 0, this.#edges[0]?.at);
    told.writeBigUInt64LE(BigInt(until), 0);
    told.writeBigUInt64LE(BigInt(alarm), 8);
    told.writeUInt32LE(edge, 16);
    told.writeUInt32LE(this.#outbox.length > 0 ? 1 : 0, 20);
    told.writeUInt32LE(this.#wakes ? 1 : 0, 24);
    told.writeUInt32LE(answer.length, 28);
    told.set(answer, TOLD_HEAD);
    this.#wakes = false;
    writeSync(this.#memory!, told, 0, TOLD_HEAD + answer.length, this.#address + TOLD_AT);
  }
}

function operationOf(number: number): Operation {
  const operation = OPERATIONS[number];
  if (operation === undefined)
    throw new GuestUnruly(`the operation ${number}`, `${OPERATIONS.length} are known`);
  return operation;
}

/** @throws GuestUnruly for a clock that stands */
function clockRate(hz: number): number {
  if (hz === 0) throw new GuestUnruly('a transfer at 0 Hz', 'a clock has to run');
  return hz;
}

function powerState(a: number, isByFirmware: boolean): PowerState {
  if (a === 2) return 'back';
  return isByFirmware ? 'going-to-ram' : 'going-to-idle';
}
