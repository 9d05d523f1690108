import type {
  Board,
  BusLock,
  Capability,
  ChipView,
  Clock,
  DriveLine,
  EdgeSource,
  FaultPanel,
  KernelSeat,
  LineName,
  PowerSwitch,
  SpiDevice,
  SpiRecord,
  SpiStep,
  TransactionOptions,
} from '../board/index.ts';
import { WaitStateTimeout } from '../board/index.ts';
import type { TraceSink, WireFrame } from '../trace/index.ts';
import { NEXT_BY_TEST, UNKNOWN } from '../trace/index.ts';
import type { Hertz } from '../units/index.ts';

const HEADER = 4;
const NO_BYTES = new Uint8Array(0);

/** A board whose wires are told to a sink: every transaction, edge of INT_AP_L and TPM_RST_L, and switch of power. */
export class TracedBoard implements Board {
  readonly kind: string;
  readonly capabilities: ReadonlySet<Capability>;
  readonly clock: Clock;
  readonly spi: SpiDevice;
  readonly bus: BusLock;
  readonly ready: EdgeSource | undefined;
  readonly reset: DriveLine | undefined;
  readonly power: PowerSwitch | undefined;
  readonly secondDevice: SpiDevice | undefined;
  readonly #stop: (() => void) | undefined;
  readonly #stopWires: (() => void) | undefined;

  constructor(
    private readonly board: Board,
    private readonly sink: TraceSink,
    /** Stands before the board's own fault injection. */
    private readonly panel?: FaultPanel,
  ) {
    const { clock, ready } = board;
    this.kind = board.kind;
    this.capabilities = board.capabilities;
    this.clock = clock;
    this.bus = board.bus;
    this.spi = new TracedSpiDevice(board.spi, sink, clock);
    this.ready = ready;
    this.reset = board.reset && new TracedLine(board.reset, sink, clock);
    this.power = board.power && new TracedPower(board.power, sink, clock);
    this.secondDevice = board.secondDevice;
    this.#stop = ready?.observe((edge, at) => {
      sink.edge('INT_AP_L', edge === 'asserted', at);
    });
    this.#stopWires = board.observeWires?.({
      frame: (frame) => {
        sink.frame({ ...frame, pollAt: Math.min(4, frame.sent.length), polled: UNKNOWN });
      },
      select: (fall, rise) => {
        sink.select(fall, rise);
      },
    });
    this.noteState();
  }

  get kernel(): KernelSeat | undefined {
    return this.board.kernel;
  }

  get faults(): FaultPanel | undefined {
    return this.panel ?? this.board.faults;
  }

  get chip(): ChipView | undefined {
    return this.board.chip;
  }

  /** Tells the sink how power and reset stand: once at the start, and again after the sink or the board was renewed. */
  noteState(): void {
    const now = this.clock.now();
    if (this.power) this.sink.power(this.power.isOn, now);
    if (this.reset) this.sink.edge('TPM_RST_L', this.reset.isAsserted, now);
  }

  /** The sink hears no more of the lines; the board stays open. */
  detach(): void {
    this.#stop?.();
    this.#stopWires?.();
  }

  async close(): Promise<void> {
    const wasOn = this.power?.isOn === true;
    try {
      await this.board.close();
    } finally {
      this.detach();
      if (wasOn && this.board.power?.isOn === false) this.sink.power(false, this.clock.now());
    }
  }
}

/** The same board, recorded. */
export const traced = (board: Board, sink: TraceSink, panel?: FaultPanel): TracedBoard =>
  new TracedBoard(board, sink, panel);

class TracedSpiDevice implements SpiDevice {
  readonly sck: Hertz;
  readonly maxBytes: number;

  constructor(
    private readonly device: SpiDevice,
    private readonly sink: TraceSink,
    private readonly clock: Clock,
  ) {
    this.sck = device.sck;
    this.maxBytes = device.maxBytes;
  }

  get counters(): SpiDevice['counters'] {
    return this.device.counters;
  }

  async transaction(steps: readonly SpiStep[], options?: TransactionOptions): Promise<SpiRecord> {
    const from = this.clock.now();
    if (options?.byTest !== undefined) this.sink.mark(NEXT_BY_TEST[options.byTest], from);
    let record: SpiRecord;
    try {
      record = await this.device.transaction(steps, options);
    } catch (failure) {
      if (failure instanceof WaitStateTimeout) this.#stalled(failure, options?.csStaysLowAfterError === true);
      else this.sink.failure(from, this.clock.now(), messageOf(failure));
      throw failure;
    }
    if (record.sent.length > 0) this.sink.frame(steps.some(isPoll) ? record : unpolled(record));
    else this.sink.select(record.fall, record.rise);
    return record;
  }

  #stalled(failure: WaitStateTimeout, isHeld: boolean): void {
    const { fall, gaveUp, waitBytes, wire } = failure;
    this.sink.frame({
      sent: wire?.sent ?? NO_BYTES,
      received: wire?.received ?? NO_BYTES,
      pollAt: wire?.pollAt ?? 0,
      polled: waitBytes,
      // A board that did not keep the bytes still says how many there were.
      elided: wire ? 0 : waitBytes,
      fall,
      rise: gaveUp,
      ending: isHeld ? 'held' : 'timeout',
    });
  }
}

const isPoll = ({ kind }: SpiStep): boolean => kind === 'poll';

/** Bytes that were clocked without a look at what came back: where the chip said ready, the decoder finds. */
const unpolled = (record: SpiRecord): WireFrame => ({
  ...record,
  pollAt: Math.min(HEADER, record.sent.length),
  polled: UNKNOWN,
});

const messageOf = (failure: unknown): string =>
  failure instanceof Error ? failure.message : String(failure);

class TracedLine implements DriveLine {
  readonly name: LineName;

  constructor(
    private readonly line: DriveLine,
    private readonly sink: TraceSink,
    private readonly clock: Clock,
  ) {
    this.name = line.name;
  }

  get isAsserted(): boolean {
    return this.line.isAsserted;
  }

  assert(): Promise<void> {
    return this.#drive(() => this.line.assert());
  }

  deassert(): Promise<void> {
    return this.#drive(() => this.line.deassert());
  }

  async #drive(action: () => Promise<void>): Promise<void> {
    const before = this.line.isAsserted;
    await action();
    const now = this.line.isAsserted;
    if (this.name === 'TPM_RST_L' && now !== before) this.sink.edge('TPM_RST_L', now, this.clock.now());
  }
}

class TracedPower implements PowerSwitch {
  constructor(
    private readonly power: PowerSwitch,
    private readonly sink: TraceSink,
    private readonly clock: Clock,
  ) {}

  get isOn(): boolean {
    return this.power.isOn;
  }

  on(): Promise<void> {
    return this.#switch(() => this.power.on());
  }

  off(): Promise<void> {
    return this.#switch(() => this.power.off());
  }

  async #switch(action: () => Promise<void>): Promise<void> {
    const before = this.power.isOn;
    await action();
    const now = this.power.isOn;
    if (now !== before) this.sink.power(now, this.clock.now());
  }
}
