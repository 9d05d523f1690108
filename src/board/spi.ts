import type { Duration, Hertz, Instant } from '../units/index.ts';
import { between, HilError, showDuration } from '../units/index.ts';

/**
 * A clock that is only read at its ticks. A host that keeps time in ticks notices a limit late: at the first tick
 * whose count is more than `limit` ticks after the count at the start.
 */
export interface TickGrid {
  readonly tick: Duration;
  /** The moment of any one tick. */
  readonly origin: Instant;
}

/** Full duplex: clocks `bytes` out; what comes back is received. */
export interface ExchangeStep {
  readonly kind: 'exchange';
  readonly bytes: Uint8Array;
}

/** Clocks out single zero bytes until `(byte & mask) === value`, at most for `limit` from the start of the step. */
export interface PollStep {
  readonly kind: 'poll';
  readonly mask: number;
  readonly value: number;
  readonly limit: Duration;
  /** Judge the limit on a host's ticks instead of exactly. */
  readonly grid?: TickGrid | undefined;
  /** A byte that satisfies the poll after the limit is a failure (true) or a success (false). */
  readonly timeoutFirst: boolean;
  /** Fail after this many bytes, however little time has passed. */
  readonly most?: number;
  /** The byte before the poll counts too: one that satisfies it leaves nothing to poll. */
  readonly countsByteBefore?: boolean;
}

/** Clocks out `size` zero bytes; what comes back is received. */
export interface ReadStep {
  readonly kind: 'read';
  readonly size: number;
}

/** Clocks `bytes` out; what comes back is received, and is of no use to most drivers. */
export interface WriteStep {
  readonly kind: 'write';
  readonly bytes: Uint8Array;
}

/** CS stays asserted, without a clock, for `duration`. A transaction of nothing but this is a wake pulse. */
export interface DelayStep {
  readonly kind: 'delay';
  readonly duration: Duration;
}

/** One step of a transaction; the steps run in order under one CS assertion. */
export type SpiStep = ExchangeStep | PollStep | ReadStep | WriteStep | DelayStep;

/**
 * What one transaction was on the wire. The arrays are views, valid until the device's next transaction. They are no Buffers, so
 * that `slice` copies.
 */
export interface SpiRecord {
  /** Every byte clocked out while CS was asserted, wait bytes included. */
  readonly sent: Uint8Array;
  /** Every byte clocked in, one for each of `sent`. */
  readonly received: Uint8Array;
  /** Index of the first polled byte; the number of bytes before it when nothing was polled. */
  readonly pollAt: number;
  /** Bytes clocked by the poll step, the one that ended it included; 0 without one. */
  readonly polled: number;
  /** CS asserted. */
  readonly fall: Instant;
  /** End of the last polled byte, or of the last byte before the data when nothing was polled. */
  readonly polledUntil: Instant;
  /** CS deasserted; when the transaction left CS asserted, the end of its last step. */
  readonly rise: Instant;
}

/** What a caller may allow or ask of one transaction. */
export interface TransactionOptions {
  /**
   * Leave CS asserted when a poll passes its limit: a defect of some drivers, reproduced on purpose. The next
   * transaction then continues the same frame, and one that is only a delay ends it. A transaction that the bus itself
   * fails releases CS all the same.
   */
  readonly csStaysLowAfterError?: boolean;
  /**
   * The device may clock the data of a read before it has seen the end of the wait state, when that saves calls to its
   * operating system. A stall longer than it reckoned with then ends the frame with StallMisjudged.
   */
  readonly mayGuessStall?: boolean;
  /**
   * A test has a hand in it: it clocks these bytes itself (`frames`), or it chose the register or changed the answer
   * (`registers`). What a driver owes the chip is then not asked of it.
   */
  readonly byTest?: 'frames' | 'registers';
}

/** One chip select on one SPI bus, mode 0, most significant bit first. */
export interface SpiDevice {
  readonly sck: Hertz;
  /** The most bytes one transaction may clock without its poll. */
  readonly maxBytes: number;
  /** Transactions and single calls to the operating system since the device was opened. */
  readonly counters: { readonly transactions: number; readonly systemCalls: number };

  /**
   * Runs the steps under one CS assertion. CS is released even when a step fails, unless the options ask for the
   * defect; the first failure is the one thrown. Calls are served in the order in which they were made. A device that has
   * nothing to wait for returns the record itself, or throws at once.
   *
   * @throws WaitStateTimeout when a poll passes its limit.
   * @throws SpiFailure when the bus itself fails.
   */
  transaction(steps: readonly SpiStep[], options?: TransactionOptions): Promise<SpiRecord> | SpiRecord;
}

/** The chip did not end its wait state in time. */
export class WaitStateTimeout extends HilError {
  readonly blames = 'chip';
  /** When CS was asserted and when the host gave up. */
  readonly fall: Instant;
  readonly gaveUp: Instant;

  constructor(
    readonly waitBytes: number,
    readonly limit: Duration,
    { fall, gaveUp }: { readonly fall: Instant; readonly gaveUp: Instant },
    /** What had been clocked until then, as in SpiRecord. */
    readonly wire?: { readonly sent: Uint8Array; readonly received: Uint8Array; readonly pollAt: number },
  ) {
    super(`Still stalled after ${waitBytes} wait bytes; the limit is ${showDuration(limit)}.`);
    this.fall = fall;
    this.gaveUp = gaveUp;
  }
}

/** The chip stalled for longer than a guess allowed, and the frame ended without its data; the next one is not guessed. */
export class StallMisjudged extends WaitStateTimeout {
  constructor(
    guess: number,
    fall: Instant,
    rise: Instant,
    wire: { readonly sent: Uint8Array; readonly received: Uint8Array; readonly pollAt: number },
  ) {
    super(wire.sent.length - wire.pollAt, between(fall, rise), { fall, gaveUp: rise }, wire);
    this.message = `The chip stalled for longer than the ${guess} wait bytes that were clocked with its header.`;
  }
}

/** The bus, not the chip, failed a transaction. */
export class SpiFailure extends HilError {
  readonly blames = 'rig';

  constructor(
    readonly attempted: string,
    /** Positive error number of the operating system. */
    readonly errno: number,
    options?: ErrorOptions,
    /** The failure came when the chip was ready and its data were on the way. */
    readonly duringData = false,
  ) {
    super(`SPI transaction failed: ${attempted}, error ${errno}.`, options);
  }
}

/** The exclusive use of a bus that several devices share. */
export interface BusLock {
  /** Waits until the bus is the caller's alone, if it has to; call the result to give it back. Served in order. */
  acquire(): Promise<() => void> | (() => void);
}

/** What one host put on the wires, as somebody who watches them sees it. */
export interface WireObserver {
  /** CS was asserted and bytes were clocked. The arrays are views, valid during the call. */
  frame(frame: {
    readonly sent: Uint8Array;
    readonly received: Uint8Array;
    readonly fall: Instant;
    readonly rise: Instant;
  }): void;
  /** CS was asserted without a clock. */
  select(fall: Instant, rise: Instant): void;
}
