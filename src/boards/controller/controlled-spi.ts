import type { SpiDevice, SpiRecord, SpiStep, TransactionOptions, Clock } from '../../board/index.ts';
import { WaitStateTimeout } from '../../board/index.ts';
import type { Hertz, Instant } from '../../units/index.ts';

/** What the controller does around the transactions of the host. */
export interface SelectWatch {
  /** Before a transaction; `isFrame` when it clocks anything. */
  before(isFrame: boolean): Promise<void>;
}

/** The bus of a board whose controller has something to do before some of its transactions. */
export class ControlledSpi implements SpiDevice {
  readonly sck: Hertz;
  readonly maxBytes: number;
  #lastRise: Instant | undefined;

  constructor(
    private readonly device: SpiDevice,
    private readonly watch: SelectWatch,
  ) {
    this.sck = device.sck;
    this.maxBytes = device.maxBytes;
  }

  get counters(): SpiDevice['counters'] {
    return this.device.counters;
  }

  async transaction(steps: readonly SpiStep[], options?: TransactionOptions): Promise<SpiRecord> {
    await this.watch.before(steps.some(({ kind }) => kind !== 'delay'));
    this.#lastRise = undefined;
    const record = await this.device.transaction(steps, options);
    this.#lastRise = record.rise;
    return record;
  }

  /** When CS was last deasserted; undefined when the last transaction failed. */
  get lastRise(): Instant | undefined {
    return this.#lastRise;
  }
}

/** CS_L as the controller holds it. */
export interface HeldSelect {
  holdSelect(): Promise<void>;
  releaseSelect(): Promise<void>;
}

/**
 * The bus of a host that cannot keep CS from one message to the next. The controller asserts CS_L before the first
 * message and deasserts it after the last one. This is slow: both need an exchange of lines with the controller.
 */
export class SelectedByController implements SpiDevice {
  readonly sck: Hertz;
  readonly maxBytes: number;
  #isHeld = false;

  constructor(
    private readonly device: SpiDevice,
    private readonly select: HeldSelect,
    private readonly clock: Clock,
  ) {
    this.sck = device.sck;
    this.maxBytes = device.maxBytes;
  }

  get counters(): SpiDevice['counters'] {
    return this.device.counters;
  }

  async transaction(steps: readonly SpiStep[], options: TransactionOptions = {}): Promise<SpiRecord> {
    if (!this.#isHeld) await this.select.holdSelect();
    this.#isHeld = true;
    const fall = this.clock.now();
    try {
      const record = await this.device.transaction(steps, options);
      const { sent, received, pollAt, polled, polledUntil } = record;
      await this.#letGo();
      return { sent, received, pollAt, polled, polledUntil, fall, rise: this.clock.now() };
    } catch (failure) {
      if (!(failure instanceof WaitStateTimeout && options.csStaysLowAfterError === true))
        await this.#letGo();
      throw failure;
    }
  }

  async #letGo(): Promise<void> {
    this.#isHeld = false;
    await this.select.releaseSelect();
  }
}
