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
import { between, earlier, inUs, ns } from '../../units/index.ts';

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
 * One chip select of a real bus. A transaction is one message to the kernel. One with a poll is two while the chip stalls
 * as briefly as it ever did on this device: the wait bytes it has always needed go with what stands before them, the
 * rest after. Each wait byte more is a message of its own, with CS asserted in between. spidev takes no lock from message
 * to message, so nothing else may use the bus meanwhile: the rig's lease sees to that.
 */
export class Spidev implements SpiDevice {
  readonly maxBytes = MOST_BYTES;
  readonly counters = { transactions: 0, systemCalls: 0 };
  #last: Promise<unknown> = Promise.resolve();
  #sent: Buffer = Buffer.alloc(MOST_BYTES);
  #received: Buffer = Buffer.alloc(MOST_BYTES);
  #length = 0;
  readonly #fewest = { read: new FewestWaits(), write: new FewestWaits() };

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
    const after = steps.slice(at + 1);
    const fewest = this.#fewest[after.some(({ kind }) => kind === 'read') ? 'read' : 'write'];
    const waits: SpiStep = { kind: 'read', size: fewest.count };
    const end = this.#message([...steps.slice(0, at), waits], true, 'the header');
    const pollAt = this.#length - fewest.count;
    const { polled, until } = this.#poll(steps[at] as PollStep, fall, pollAt, end, csStaysLowAfterError);
    fewest.saw(polled);
    const rise = this.#message(this.#rest(after, this.#length - pollAt - polled), false, 'the data', true);
    return this.#record(pollAt, polled, fall, until, rise);
  }

  /** What is left of the steps after a poll when so many bytes of a read have come already. */
  #rest(steps: readonly SpiStep[], come: number): readonly SpiStep[] {
    if (come === 0) return steps;
    let left = come;
    return steps.map((step) => {
      if (step.kind !== 'read') return step;
      const size = Math.max(0, step.size - left);
      left -= step.size - size;
      return { ...step, size };
    });
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

  /**
   * Judges the wait bytes that went with the header, then clocks one at a time. Resolves with the number of wait bytes
   * and the moment after the last of them, as far as a host can tell.
   */
  #poll(
    step: PollStep,
    fall: Instant,
    pollAt: number,
    end: Instant,
    csStaysLow: boolean,
  ): { readonly polled: number; readonly until: Instant } {
    const byteTime = 8e9 / this.sck;
    const begun = earlier(end, ns((this.#length - pollAt) * byteTime));
    for (let at = pollAt, now = end; ; at++) {
      if (at === this.#length) {
        const from = this.#take(1);
        this.#transfer([{ ...this.#transferOf(from, 1), chipSelectChange: true }], 'a wait byte', false);
        now = this.clock.now();
      }
      const isReady = (this.#received[at]! & step.mask) === step.value;
      const isLate = this.#isLate(step, begun, now);
      if (isReady && !(isLate && step.timeoutFirst)) return { polled: at + 1 - pollAt, until: now };
      if (!isLate || at + 1 < this.#length) continue;
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

/** How many wait bytes every frame of one direction has needed so far; at least one, since a poll clocks one. */
class FewestWaits {
  #count: number | undefined;

  get count(): number {
    return this.#count ?? 1;
  }

  saw(polled: number): void {
    this.#count = Math.min(polled, this.#count ?? polled);
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
