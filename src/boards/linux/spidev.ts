import type {
  Clock,
  PollStep,
  SpiDevice,
  SpiRecord,
  SpiStep,
  TransactionOptions,
} from '../../board/index.ts';
import { SpiFailure, WaitStateTimeout } from '../../board/index.ts';
import type { Duration, Hertz, Instant } from '../../units/index.ts';
import { between, inUs } from '../../units/index.ts';

/** One part of a message to spidev, as the package `spi-device` has it. */
export interface Transfer {
  readonly byteLength: number;
  readonly sendBuffer?: Buffer;
  readonly receiveBuffer?: Buffer;
  readonly microSecondDelay?: number;
  /** On the last transfer of a message: CS stays asserted after it. */
  readonly chipSelectChange?: boolean;
}

/** An open spidev. Calls run to their end and throw errors with a positive `errno`. */
export interface SpiHandle {
  transferSync(message: Transfer[]): unknown;
  closeSync(): unknown;
}

const EMSGSIZE = 90;
const EIO = 5;
/** The kernel's delay is a 16 bit number of microseconds. */
const MOST_DELAY_US = 65_535;
/** Sum of the bytes of one message with spidev's default `bufsiz`. */
const MOST_BYTES = 4096;

const NOTHING = Buffer.alloc(0);

/** Clocks nothing and lets go of CS. */
const RELEASE: Transfer = { byteLength: 0, sendBuffer: NOTHING };

/**
 * One chip select of a real bus. A transaction is one message to the kernel; one with a poll is a message up to the
 * poll, one a polled byte and one for the rest, with CS asserted in between. spidev takes no lock from message to
 * message, so nothing else may use the bus meanwhile: the rig's lease sees to that.
 */
export class Spidev implements SpiDevice {
  readonly maxBytes = MOST_BYTES;
  readonly counters = { transactions: 0, systemCalls: 0 };
  #last: Promise<unknown> = Promise.resolve();
  #sent: Buffer = Buffer.alloc(MOST_BYTES);
  #received: Buffer = Buffer.alloc(MOST_BYTES);
  #length = 0;

  constructor(
    private readonly handle: SpiHandle,
    private readonly clock: Clock,
    readonly sck: Hertz,
  ) {}

  transaction(steps: readonly SpiStep[], options: TransactionOptions = {}): Promise<SpiRecord> {
    const run = this.#last.then(() => this.#run(steps, options));
    this.#last = run.catch(() => undefined);
    return run;
  }

  close(): void {
    try {
      // spidev itself leaves CS as it is when it is closed.
      this.handle.transferSync([RELEASE]);
    } finally {
      this.handle.closeSync();
    }
  }

  #run(steps: readonly SpiStep[], { csStaysLowAfterError = false }: TransactionOptions): SpiRecord {
    this.counters.transactions++;
    this.#length = 0;
    const at = steps.findIndex(({ kind }) => kind === 'poll');
    const fall = this.clock.now();
    if (at < 0) {
      const end = this.#message(steps, false, 'one message');
      return this.#record(this.#length, 0, fall, end, end);
    }
    this.#message(steps.slice(0, at), true, 'the header');
    const pollAt = this.#length;
    const polledUntil = this.#poll(steps[at] as PollStep, fall, pollAt, csStaysLowAfterError);
    const polled = this.#length - pollAt;
    const rise = this.#message(steps.slice(at + 1), false, 'the data', true);
    return this.#record(pollAt, polled, fall, polledUntil, rise);
  }

  /** One call to the kernel; the moment it came back. */
  #message(steps: readonly SpiStep[], keepsCs: boolean, attempted: string, duringData = false): Instant {
    const bytes = steps.reduce((sum, step) => sum + sizeOf(step), 0);
    if (bytes > MOST_BYTES) {
      this.#release();
      throw new SpiFailure(`${bytes} bytes in ${attempted}`, EMSGSIZE, undefined, duringData);
    }
    this.#reserve(bytes);
    const transfers = steps.flatMap((step) => this.#transfersOf(step));
    if (transfers.length === 0) transfers.push(RELEASE);
    const last = transfers.length - 1;
    if (keepsCs) transfers[last] = { ...transfers[last]!, chipSelectChange: true };
    this.#transfer(transfers, attempted, duringData);
    return this.clock.now();
  }

  #transfer(message: Transfer[], attempted: string, duringData: boolean): void {
    this.counters.systemCalls++;
    try {
      this.handle.transferSync(message);
    } catch (cause) {
      this.#release();
      const errno = (cause as NodeJS.ErrnoException).errno ?? EIO;
      throw new SpiFailure(attempted, Math.abs(errno), { cause }, duringData);
    }
  }

  /** After a failure; the failure is what counts, not whether this works. */
  #release(): void {
    this.counters.systemCalls++;
    try {
      this.handle.transferSync([RELEASE]);
    } catch {
      return;
    }
  }

  #transfersOf(step: SpiStep): Transfer[] {
    if (step.kind === 'delay') return delays(step.duration);
    if (step.kind === 'poll') throw new RangeError('A transaction has at most one poll.');
    const size = sizeOf(step);
    const from = this.#take(size);
    if (step.kind !== 'read') this.#sent.set(step.bytes, from);
    return [this.#transferOf(from, size)];
  }

  #poll(step: PollStep, fall: Instant, pollAt: number, csStaysLow: boolean): Instant {
    const begun = this.clock.now();
    for (;;) {
      const at = this.#take(1);
      this.#transfer([{ ...this.#transferOf(at, 1), chipSelectChange: true }], 'a wait byte', false);
      const now = this.clock.now();
      const isReady = (this.#received[at]! & step.mask) === step.value;
      const isLate = this.#isLate(step, begun, now);
      if (isReady && !(isLate && step.timeoutFirst)) return now;
      if (!isLate) continue;
      if (!csStaysLow) this.#release();
      throw new WaitStateTimeout(this.#length - pollAt, step.limit, fall, now, {
        sent: this.#sent.subarray(0, this.#length),
        received: this.#received.subarray(0, this.#length),
        pollAt,
      });
    }
  }

  #isLate({ limit, grid }: PollStep, begun: Instant, now: Instant): boolean {
    if (grid === undefined) return between(begun, now) > limit;
    const tickOf = (moment: Instant): number => Math.floor((moment - grid.origin) / grid.tick);
    return tickOf(now) - tickOf(begun) > Math.round(limit / grid.tick);
  }

  #transferOf(from: number, size: number): Transfer {
    return {
      byteLength: size,
      sendBuffer: this.#sent.subarray(from, from + size),
      receiveBuffer: this.#received.subarray(from, from + size),
    };
  }

  /** The next so many bytes, all zero to be sent; where they begin. */
  #take(size: number): number {
    this.#reserve(size);
    const from = this.#length;
    this.#length += size;
    this.#sent.fill(0, from, this.#length);
    return from;
  }

  /** Room for so many more bytes; buffers given to the kernel before are not moved while a message is made. */
  #reserve(size: number): void {
    if (this.#length + size <= this.#sent.length) return;
    const more = Buffer.alloc(this.#sent.length + size);
    this.#sent = Buffer.concat([this.#sent, more]);
    this.#received = Buffer.concat([this.#received, more]);
  }

  #record(pollAt: number, polled: number, fall: Instant, polledUntil: Instant, rise: Instant): SpiRecord {
    return {
      sent: this.#sent.subarray(0, this.#length),
      received: this.#received.subarray(0, this.#length),
      pollAt,
      polled,
      fall,
      polledUntil,
      rise,
    };
  }
}

const sizeOf = (step: SpiStep): number =>
  step.kind === 'read' ? step.size : 'bytes' in step ? step.bytes.length : 0;

/** CS asserted without a clock: empty transfers, each with as long a pause as the kernel takes. */
function delays(duration: Duration): Transfer[] {
  const transfers: Transfer[] = [];
  for (let left = Math.ceil(inUs(duration)); left > 0; left -= MOST_DELAY_US)
    transfers.push({ ...RELEASE, microSecondDelay: Math.min(left, MOST_DELAY_US) });
  return transfers;
}
