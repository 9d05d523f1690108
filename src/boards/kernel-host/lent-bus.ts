import type { SpiDevice, SpiRecord, SpiStep, TransactionOptions } from '../../board/index.ts';
import type { Hertz } from '../../units/index.ts';
import type { HandOver } from './hand-over.ts';

/** spidev, open on the chip. */
export interface OpenBus {
  readonly spi: SpiDevice;
  close(): Promise<void>;
}

/** The chip's bus while the kernel's driver has no use for it: a transaction takes it, `giveBack` returns it. */
export class LentBus implements SpiDevice {
  readonly sck: Hertz;
  readonly maxBytes: number;
  readonly #counters = { transactions: 0, systemCalls: 0 };
  #open: Promise<OpenBus> | undefined;

  /** @param open opens spidev on a device that was given to user space; `first` is open already */
  constructor(
    private readonly handOver: HandOver,
    private readonly open: () => Promise<OpenBus>,
    first: OpenBus,
  ) {
    this.sck = first.spi.sck;
    this.maxBytes = first.spi.maxBytes;
    this.#open = Promise.resolve(first);
  }

  get counters(): SpiDevice['counters'] {
    return this.#counters;
  }

  async transaction(steps: readonly SpiStep[], options?: TransactionOptions): Promise<SpiRecord> {
    this.#open ??= this.handOver.toUserSpace().then(this.open);
    const { spi } = await this.#open;
    const before = spi.counters.systemCalls;
    try {
      return await spi.transaction(steps, options);
    } finally {
      this.#counters.transactions++;
      this.#counters.systemCalls += spi.counters.systemCalls - before;
    }
  }

  /** Closes spidev and takes the device from it. */
  async giveBack(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await (await open)?.close();
    await this.handOver.toKernel();
  }
}
