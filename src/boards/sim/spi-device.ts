import type { PollStep, SpiDevice, SpiRecord, SpiStep, TransactionOptions } from '../../board/index.ts';
import { SpiFailure, WaitStateTimeout } from '../../board/index.ts';
import type { VirtualClock } from '../../sim/index.ts';
import type { Duration, Hertz, Instant } from '../../units/index.ts';
import { later, ns } from '../../units/index.ts';

/** How a host drives its bus, beside the clock rate. */
export interface HostTiming {
  /** From the call of a transaction to CS asserted. */
  readonly turnaround: Duration;
  /** From CS asserted to the first clock. */
  readonly csSetup: Duration;
  /** From the last clock to CS deasserted. */
  readonly csHold: Duration;
  /** Between the single bytes of a poll: each is a message of its own. */
  readonly messageGap: Duration;
}

/** What hangs on the wires of one chip select. */
export interface SpiTarget {
  select(): void;
  /** One byte begins now and ends at `end`; the result is what MISO carries meanwhile. */
  shift(mosi: number, end: Instant): number;
  deselect(): void;
}

/** What a fault does to one transaction. */
export interface BusDisturbance {
  readonly errno?: number | undefined;
  readonly csNotKept?: boolean | undefined;
  readonly pulseLost?: boolean | undefined;
  /** Byte of the frame, counted from 0, whose received value is altered by exclusive or. */
  readonly flip?: Flip | undefined;
  /** The same on the way to the chip. */
  readonly flipSent?: Flip | undefined;
  /** What another device drives on MISO all along. */
  readonly shared?: number | undefined;
}

interface Flip {
  readonly byte: number;
  readonly mask: number;
}

const NO_DISTURBANCE: BusDisturbance = {};
const POLLED_BYTES_AT_FIRST = 4096;

/**
 * One chip select of the simulated host's SPI controller, byte by byte on virtual time. A transaction runs to its end
 * before the call returns, as on a host whose one processor drives the bus itself.
 */
export class SimSpiDevice implements SpiDevice {
  readonly maxBytes = 4096;
  readonly counters = { transactions: 0, systemCalls: 0 };
  /** Asked at the start of each transaction; `isPulse` when it clocks nothing. */
  disturb: ((isPulse: boolean) => BusDisturbance) | undefined;
  #sent = new Uint8Array(POLLED_BYTES_AT_FIRST);
  #received = new Uint8Array(POLLED_BYTES_AT_FIRST);
  #length = 0;
  #isHeld = false;
  #disturbance = NO_DISTURBANCE;
  readonly #byteTime: Duration;

  constructor(
    private readonly clock: VirtualClock,
    private readonly target: SpiTarget,
    readonly sck: Hertz,
    private readonly timing: HostTiming,
  ) {
    this.#byteTime = ns(8e9 / sck);
  }

  /** CS is asserted and nobody is in a transaction: the defect that `csStaysLowAfterError` asks for. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Forgets a held CS, as when everything around the device was switched off. */
  forget(): void {
    this.#isHeld = false;
  }

  transaction(steps: readonly SpiStep[], options: TransactionOptions = {}): SpiRecord {
    this.clock.checkEnd();
    this.counters.transactions++;
    this.counters.systemCalls++;
    const isPulse = steps.every(isDelay);
    this.#disturbance = this.disturb?.(isPulse) ?? NO_DISTURBANCE;
    const { clock, timing } = this;
    clock.advance(timing.turnaround);
    if (this.#disturbance.errno !== undefined) {
      this.#release();
      throw new SpiFailure(isPulse ? 'wake pulse' : 'frame', this.#disturbance.errno);
    }
    return isPulse ? this.#pulse(steps) : this.#frame(steps, options);
  }

  #pulse(steps: readonly SpiStep[]): SpiRecord {
    const { clock } = this;
    this.#length = 0;
    const isOnTheWire = this.#disturbance.pulseLost !== true;
    if (isOnTheWire) this.#assert();
    const fall = clock.now();
    for (const step of steps) if (step.kind === 'delay') clock.advance(step.duration);
    if (isOnTheWire) this.#release();
    return this.#record(fall, clock.now(), 0, 0);
  }

  #frame(steps: readonly SpiStep[], options: TransactionOptions): SpiRecord {
    const { clock, timing } = this;
    this.#length = 0;
    this.#assert();
    const fall = clock.now();
    clock.advance(timing.csSetup);
    let pollAt = -1;
    let polled = 0;
    let polledUntil = fall;
    let isBeforeData = true;
    try {
      for (const step of steps) {
        switch (step.kind) {
          case 'exchange':
            this.#clockBytes(step.bytes);
            if (isBeforeData) polledUntil = clock.now();
            break;
          case 'poll':
            if (this.#disturbance.csNotKept === true) this.#glitch();
            pollAt = this.#length;
            this.#poll(step, fall);
            polled = this.#length - pollAt;
            polledUntil = clock.now();
            isBeforeData = false;
            break;
          case 'write':
            isBeforeData = false;
            this.#clockBytes(step.bytes);
            break;
          case 'read':
            isBeforeData = false;
            for (let i = 0; i < step.size; i++) this.#clockByte(0);
            break;
          case 'delay':
            clock.advance(step.duration);
            break;
        }
      }
    } catch (failure) {
      if (failure instanceof WaitStateTimeout && options.csStaysLowAfterError === true) this.#isHeld = true;
      else this.#release();
      throw failure;
    }
    clock.advance(timing.csHold);
    this.#release();
    return this.#record(fall, polledUntil, pollAt < 0 ? this.#length : pollAt, polled);
  }

  #record(fall: Instant, polledUntil: Instant, pollAt: number, polled: number): SpiRecord {
    return {
      sent: this.#sent.subarray(0, this.#length),
      received: this.#received.subarray(0, this.#length),
      pollAt,
      polled,
      fall,
      polledUntil,
      rise: this.clock.now(),
    };
  }

  #assert(): void {
    if (!this.#isHeld) this.target.select();
    this.#isHeld = false;
  }

  #release(): void {
    this.#isHeld = false;
    this.target.deselect();
  }

  #glitch(): void {
    this.target.deselect();
    this.clock.advance(this.timing.csHold);
    this.target.select();
    this.clock.advance(this.timing.csSetup);
  }

  #clockBytes(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.#clockByte(bytes[i]!);
  }

  #clockByte(mosi: number): number {
    if (this.#length === this.#sent.length) this.#grow();
    const end = later(this.clock.now(), this.#byteTime);
    const miso =
      this.#disturbance === NO_DISTURBANCE
        ? this.target.shift(mosi, end)
        : this.#clockDisturbed(mosi, end, this.#disturbance);
    this.clock.advanceTo(end);
    this.#sent[this.#length] = mosi;
    this.#received[this.#length++] = miso;
    return miso;
  }

  #clockDisturbed(mosi: number, end: Instant, { flip, flipSent, shared }: BusDisturbance): number {
    const at = this.#length;
    const sent = flipSent?.byte === at ? mosi ^ flipSent.mask : mosi;
    const miso = this.target.shift(sent, end) & (shared ?? 0xff);
    return flip?.byte === at ? miso ^ flip.mask : miso;
  }

  #poll(step: PollStep, fall: Instant): void {
    const start = this.clock.now();
    const first = this.#length;
    if (step.countsByteBefore === true && first > 0 && isSatisfied(step, this.#received[first - 1]!)) return;
    const deadline = deadlineOf(step, start);
    for (;;) {
      this.clock.advance(this.timing.messageGap);
      const isReady = isSatisfied(step, this.#clockByte(0));
      const isLate = this.clock.now() >= deadline || this.#length - first >= (step.most ?? Infinity);
      if (isReady && !(isLate && step.timeoutFirst)) return;
      if (isLate)
        throw new WaitStateTimeout(
          this.#length - first,
          step.limit,
          { fall, gaveUp: this.clock.now() },
          {
            sent: this.#sent.slice(0, this.#length),
            received: this.#received.slice(0, this.#length),
            pollAt: first,
          },
        );
    }
  }

  #grow(): void {
    const sent = new Uint8Array(this.#sent.length * 4);
    sent.set(this.#sent);
    this.#sent = sent;
    const received = new Uint8Array(sent.length);
    received.set(this.#received);
    this.#received = received;
  }
}

const isDelay = (step: SpiStep): boolean => step.kind === 'delay';

const isSatisfied = ({ mask, value }: PollStep, byte: number): boolean => (byte & mask) === value;

/** The first moment that is past the limit, on the host's ticks when the step asks for them. */
function deadlineOf(step: PollStep, start: Instant): Instant {
  if (step.grid === undefined) return later(start, ns(step.limit + 1));
  const { tick, origin } = step.grid;
  const startCount = Math.floor((start - origin) / tick);
  return later(origin, ns((startCount + Math.ceil(step.limit / tick) + 1) * tick));
}
