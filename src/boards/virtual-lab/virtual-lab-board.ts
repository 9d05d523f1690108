import type {
  Board,
  Capability,
  ChipView,
  Clock,
  DriveLine,
  Edge,
  EdgeSource,
  EdgeWatch,
  Fault,
  FaultKind,
  FaultPanel,
  KernelSeat,
  PowerSwitch,
  SpiDevice,
  SpiRecord,
  SpiStep,
  TransactionOptions,
  WireObserver,
} from '../../board/index.ts';
import type { Duration, Hertz, Instant } from '../../units/index.ts';
import { later, ns } from '../../units/index.ts';
import { FifoBusLock } from '../bus-lock.ts';
import type { SimBoardOptions } from '../sim/index.ts';
import { SimBoard } from '../sim/index.ts';
import type { PowerState, Stop } from './cable.ts';
import { Cable } from './cable.ts';
import { GuestFailed, GuestGone } from './errors.ts';
import { FrameCollector } from './frame-collector.ts';
import { GuestClock } from './guest-clock.ts';
import { GuestTime, NEVER } from './guest-time.ts';
import { Guest } from './guest.ts';
import type { MachineOptions } from './machine.ts';
import { Machine } from './machine.ts';

/** GPIO lines of the guest: rigs/virtual-lab/module/h1lab.c. */
const LINE_RESET = 1;
const LINE_SUPPLY = 2;
const LINE_CS = 3;

/** Parameters of the guest's board module: rigs/virtual-lab/module/h1lab.c. */
interface ModuleParameters {
  readonly ready_irq: boolean;
  readonly own_random: boolean;
}

/** The simulated chip, and the guest that drives it. */
export interface VirtualLabOptions extends Omit<SimBoardOptions, 'seed'> {
  readonly seed: number;
  readonly machine?: MachineOptions;
  /** Told what the guest writes to the attribute `ctl` of its board, in order with the frames. */
  readonly onText?: (text: string) => void;
  /** Told everything that the guest stops for. */
  readonly onStop?: (stop: Stop) => void;
}

/** Faults in the chip and on INT_AP_L; the bus itself is the guest's, and nothing stands between. */
const isPossible = (kind: FaultKind): boolean =>
  kind.startsWith('chip-') || (kind.startsWith('ready-') && kind !== 'ready-request-fails');

/**
 * The virtual lab: a Linux guest whose SPI host and GPIO reach the simulated chip of this process, on the guest's virtual
 * time. The board's own SPI device is the host's firmware on the same wires; the kernel's driver is reached through `kernel`.
 */
export class VirtualLabBoard implements Board {
  readonly facts = { isSimulated: true, hasController: false };
  readonly capabilities: ReadonlySet<Capability>;
  readonly clock: Clock;
  readonly spi: SpiDevice;
  readonly bus = new FifoBusLock();
  readonly ready: EdgeSource | undefined;
  readonly faults: FaultPanel;
  readonly kernel: KernelSeat;
  readonly #time: GuestTime;
  readonly #guestClock: GuestClock;
  readonly #collector: FrameCollector;
  readonly #cable: Cable;
  readonly #guest: Guest;
  #machine: Machine | undefined;
  #state: PowerState = 'up';
  /** Somebody sends the guest to sleep, and wakes it. Otherwise it comes back by itself. */
  #isSentToSleep = false;
  /** Told when the guest goes to sleep, and when it is back. */
  readonly #stateWatches = new Set<() => void>();
  #parameters: ModuleParameters = { ready_irq: true, own_random: false };

  private constructor(
    private readonly sim: SimBoard,
    { machine: { secondLimitMs } = {}, onText = () => undefined, onStop }: VirtualLabOptions,
  ) {
    const time = new GuestTime(sim.clock, secondLimitMs);
    this.#time = time;
    this.clock = time;
    this.#guestClock = new GuestClock(time);
    this.#collector = new FrameCollector(sim);
    const lines = new GuestLines(sim, this.#collector);
    this.#cable = new Cable(
      time,
      this.#guestClock,
      {
        select: (chipSelect, isAsserted) => {
          if (chipSelect === 0) this.#collector.select(isAsserted);
        },
        transfer: (chipSelect, sent, hz) =>
          chipSelect === 0 || lines.drivesCs ? this.#collector.transfer(sent, hz) : Buffer.from(sent),
        // A CS_L that is a line of the guest's is not the wire of one chip select alone.
        outlook: () => (lines.drivesCs ? undefined : sim.pins.outlook()),
        line: (line, isOutput, level) => {
          lines.drive(line, isOutput, level);
        },
        power: (state) => {
          this.#entered(state);
        },
        text: onText,
        stream: (bytes) => {
          this.#guest.take(bytes);
        },
        ...(onStop && { stopped: onStop }),
      },
      () => this.#machine!.openMemory(),
    );
    this.#guest = new Guest(time, (bytes) => {
      this.#cable.say(bytes);
    });
    this.spi = new GuestSpi(sim.spi, time);
    this.ready = sim.ready && new GuestEdges(sim.ready, time);
    this.faults = new LabFaults(sim.faults);
    this.capabilities = capabilitiesOf(sim);
    this.kernel = this.#seat();
    this.#wireReady();
  }

  /** @throws LabUnprepared, GuestFailed */
  static async open(options: VirtualLabOptions): Promise<VirtualLabBoard> {
    const { machine = {}, seed } = options;
    const sim = new SimBoard({ ...options, has: { ...options.has, secondDevice: false } });
    const board = new VirtualLabBoard(sim, options);
    try {
      await board.#boot({ ...machine, parameters: `hz=${sim.spi.sck} ${machine.parameters ?? ''}` }, seed);
      return board;
    } catch (failure) {
      await board.close();
      throw failure;
    }
  }

  get chip(): ChipView {
    return this.sim.chip;
  }

  get reset(): DriveLine | undefined {
    return this.sim.reset;
  }

  get power(): PowerSwitch | undefined {
    return this.sim.power;
  }

  observeWires(observer: WireObserver): () => void {
    this.#collector.observers.add(observer);
    return () => this.#collector.observers.delete(observer);
  }

  /** A fresh chip, unpowered, from another seed; the guest lives on, so its driver must be unbound. */
  renew(seed: number): void {
    this.sim.renew(seed);
    this.#time.restart();
    this.#guestClock.restart();
    this.#collector.renew();
    this.#cable.forgetEdges();
    this.#wireReady();
  }

  async close(): Promise<void> {
    this.#time.fail(new GuestGone());
    try {
      await this.#machine?.close();
    } finally {
      this.#cable.close();
      await this.sim.close();
    }
  }

  async #boot(options: MachineOptions, seed: number): Promise<void> {
    this.#machine = await Machine.start(options, seed, {
      memoryAt: (address) => {
        this.#cable.memoryAt(address);
      },
      ring: (answered) => {
        this.#cable.ring(answered);
      },
      asleep: () => {
        this.#time.sleepsInRam();
        this.#tellState();
      },
      failed: (failure) => {
        this.#time.fail(failure);
      },
    });
    await this.#machine.boot(this.#guest.ready, options.bootLimitMs);
  }

  get #isSuspended(): boolean {
    return this.#state === 'going-to-idle' || this.#state === 'going-to-ram';
  }

  #entered(state: PowerState): void {
    this.#state = state;
    this.#time.isSuspended = this.#isSuspended && this.#isSentToSleep;
    if (!this.#isSuspended) {
      this.#isSentToSleep = false;
      this.#cable.forgetEdges();
      this.#driveReady();
    }
    this.#tellState();
  }

  #tellState(): void {
    for (const watch of [...this.#stateWatches]) watch();
  }

  #wireReady(): void {
    this.#driveReady();
    this.sim.ready?.observe(() => {
      this.#driveReady();
    });
  }

  /** A suspended guest cannot take interrupts. Edges that come meanwhile must not wait in the cable. */
  #driveReady(): void {
    if (!this.#isSuspended) this.#cable.drive(this.sim.ready?.isAsserted !== true, this.sim.clock.now());
  }

  #seat(): KernelSeat {
    const machine = (): Machine | undefined => this.#machine;
    return {
      get description() {
        return machine()?.description;
      },
      files: this.#guest,
      device: 'spi0.0',
      driver: 'tpm_tis_spi',
      logTime: (stampNs) => this.#guestClock.at(stampNs),
      suspended: () => {
        this.#isSentToSleep = true;
        return this.#untilState(() => this.#isSuspended);
      },
      wake: () => this.#wake(),
      setInterrupt: (isConnected) => this.#setParameters({ ready_irq: isConnected }),
      fillPoolElsewhere: (isElsewhere) => this.#setParameters({ own_random: isElsewhere }),
    };
  }

  /** @throws GuestFailed, GuestSilent */
  async #untilState(is: () => boolean): Promise<void> {
    if (is()) return;
    await this.#time.until(NEVER, (ring) => {
      const watch = (): void => {
        if (is()) ring();
      };
      this.#stateWatches.add(watch);
      return () => this.#stateWatches.delete(watch);
    });
  }

  /** A guest on its way to suspend to RAM cannot be woken yet: waits until it is there, or is back without. */
  async #wake(): Promise<void> {
    if (this.#state === 'going-to-idle') this.#cable.wake();
    else if (this.#isSuspended) {
      await this.#untilState(() => this.#time.isInRam || !this.#isSuspended);
      if (this.#time.isInRam) {
        this.#time.wakesFromRam();
        await this.#machine?.wakeFromRam();
      }
    }
    await this.#untilState(() => !this.#isSuspended);
  }

  /** Parameters of the guest's board module. Without its driver unbound the interrupt stays. @throws GuestFailed */
  async #setParameters(change: Partial<ModuleParameters>): Promise<void> {
    for (const [name, isOn] of Object.entries(change) as [keyof ModuleParameters, boolean][]) {
      if (this.#parameters[name] === isOn) continue;
      const file = `/sys/module/h1lab/parameters/${name}`;
      const { status, output } = await this.#guest.run(['sh', '-c', `echo ${isOn ? 1 : 0} > ${file}`]);
      if (status !== 0) throw new GuestFailed(`could not set ${file}: ${output.trim()}`, '');
      this.#parameters = { ...this.#parameters, [name]: isOn };
    }
  }
}

function capabilitiesOf(sim: SimBoard): ReadonlySet<Capability> {
  const capabilities = new Set<Capability>(['faults', 'chip-view', 'kernel', 'virtual-time']);
  for (const kept of ['ready-line', 'edge-timing', 'reset', 'power'] as const)
    if (sim.capabilities.has(kept)) capabilities.add(kept);
  return capabilities;
}

/** The chip's pins on the guest's GPIO, as far as the guest drives them. */
class GuestLines {
  /** CS_L is a line, and not the SPI host's: chip select 1 then clocks for the chip and selects nothing. */
  drivesCs = false;

  constructor(
    private readonly sim: SimBoard,
    private readonly collector: FrameCollector,
  ) {}

  /**
   * A line that is let go stays as it was, but for TPM_RST_L, which the board pulls up. The chip's switches do their work
   * at once; their promises have nothing to wait for.
   */
  drive(line: number, isOutput: boolean, isHigh: boolean): void {
    const { reset, power } = this.sim;
    if (line === LINE_CS) this.drivesCs = isOutput;
    if (line === LINE_RESET) void (isHigh || !isOutput ? reset?.deassert() : reset?.assert());
    if (!isOutput) return;
    if (line === LINE_CS) this.collector.select(!isHigh);
    else if (line === LINE_SUPPLY) void (isHigh ? power?.on() : power?.off());
  }
}

/** The host's firmware: it has the bus while the guest stands still, and then the guest's time follows. */
class GuestSpi implements SpiDevice {
  readonly sck: Hertz;
  readonly maxBytes: number;
  readonly counters: SpiDevice['counters'];

  constructor(
    private readonly device: SpiDevice,
    private readonly time: GuestTime,
  ) {
    this.sck = device.sck;
    this.maxBytes = device.maxBytes;
    this.counters = device.counters;
  }

  async transaction(steps: readonly SpiStep[], options?: TransactionOptions): Promise<SpiRecord> {
    try {
      return await this.device.transaction(steps, options);
    } finally {
      await this.time.catchUp();
    }
  }
}

class GuestEdges implements EdgeSource {
  readonly name;
  readonly uncertainty: Duration = ns(1);

  constructor(
    private readonly line: EdgeSource,
    private readonly time: GuestTime,
  ) {
    this.name = line.name;
  }

  get isAsserted(): boolean {
    return this.line.isAsserted;
  }

  arm(edge: Edge): EdgeWatch {
    const edges: Instant[] = [];
    let tell: (() => void) | undefined;
    const stop = this.line.observe((seen, at) => {
      if (seen !== edge) return;
      edges.push(at);
      tell?.();
    });
    return {
      take: () => edges.shift(),
      next: async (limit) => {
        if (edges.length === 0)
          await this.time.until(later(this.time.now(), limit), (ring) => {
            tell = ring;
            return () => {
              tell = undefined;
            };
          });
        return edges.shift();
      },
      close: stop,
    };
  }

  observe(observer: (edge: Edge, at: Instant) => void): () => void {
    return this.line.observe(observer);
  }
}

class LabFaults implements FaultPanel {
  readonly kinds: ReadonlySet<FaultKind>;

  constructor(private readonly panel: FaultPanel) {
    this.kinds = new Set([...panel.kinds].filter(isPossible));
  }

  get active(): readonly Fault[] {
    return this.panel.active;
  }

  can(fault: Fault): boolean {
    return this.kinds.has(fault.kind);
  }

  async set(fault: Fault): Promise<void> {
    if (!this.can(fault)) throw new RangeError(`The virtual lab cannot inject ${fault.kind}.`);
    await this.panel.set(fault);
  }

  async clear(): Promise<void> {
    await this.panel.clear();
  }
}
