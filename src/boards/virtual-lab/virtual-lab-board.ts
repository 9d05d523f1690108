import { isDeepStrictEqual } from 'node:util';
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
import type { CableListener, PowerState } from './cable.ts';
import { Cable } from './cable.ts';
import { GuestFailed } from './errors.ts';
import { FrameCollector } from './frame-collector.ts';
import { GuestClock } from './guest-clock.ts';
import type { Guest } from './guest.ts';
import type { MachineOptions } from './machine.ts';
import { Machine } from './machine.ts';
import { RealTime } from './real-time.ts';

/** GPIO lines of the guest: rigs/virtual-lab/module/h1lab.c. */
const LINE_READY = 0;
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
}

/** Faults in the chip and on INT_AP_L; the bus itself is the guest's, and nothing stands between. */
const isPossible = (kind: FaultKind): boolean =>
  kind.startsWith('chip-') || (kind.startsWith('ready-') && kind !== 'ready-request-fails');

/**
 * The virtual lab: a Linux guest whose SPI host and GPIO reach the simulated chip of this process, on this host's clock.
 * The board's own SPI device is the host's firmware on the same wires; the kernel's driver is reached through `kernel`.
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
  readonly #observers = new Set<WireObserver>();
  #onSuspended: (() => void) | undefined;
  #state: PowerState = 'up';
  #parameters: ModuleParameters = { ready_irq: true, own_random: false };

  private constructor(
    private readonly sim: SimBoard,
    private readonly time: RealTime,
    private readonly cable: Cable,
    private readonly machine: Machine,
    private readonly guestClock: GuestClock,
    private readonly collector: FrameCollector,
    power: { listener?: (state: PowerState) => void },
  ) {
    this.clock = time;
    this.spi = new RealTimeSpi(sim.spi, time);
    this.ready = sim.ready && new RealTimeEdges(sim.ready, time);
    this.faults = new LabFaults(sim.faults, time);
    const capabilities = new Set<Capability>(['faults', 'chip-view', 'kernel']);
    for (const kept of ['ready-line', 'edge-timing', 'reset', 'power'] as const)
      if (sim.capabilities.has(kept)) capabilities.add(kept);
    this.capabilities = capabilities;
    collector.observers = this.#observers;
    power.listener = (state) => {
      this.#state = state;
      if (this.#isSuspended) this.#onSuspended?.();
      else this.#driveReady();
    };
    this.kernel = this.#seat(machine.guest);
    this.#wireReady();
  }

  /** @throws LabUnprepared, GuestFailed */
  static async open(options: VirtualLabOptions): Promise<VirtualLabBoard> {
    const { machine: machineOptions = {}, onText = () => undefined, ...chip } = options;
    const sim = new SimBoard({ ...chip, has: { ...chip.has, secondDevice: false } });
    const time = new RealTime(sim.clock);
    const guestClock = new GuestClock(time);
    const collector = new FrameCollector(sim, time);
    const power: { listener?: (state: PowerState) => void } = {};
    const lines = new GuestLines(sim, time, collector);
    let cable: Cable | undefined;
    try {
      const machine = await Machine.boot(machineOptions, (page, uart) => {
        const listener: CableListener = {
          select: (chipSelect, isAsserted) => {
            if (chipSelect === 0) collector.select(isAsserted);
          },
          transfer: (chipSelect, sent) =>
            chipSelect === 0 || lines.drivesCs ? collector.transfer(sent) : Buffer.from(sent),
          line: (line, isOutput, level) => {
            lines.drive(line, isOutput, level);
          },
          text: onText,
          power: (state) => power.listener?.(state),
        };
        cable = new Cable(page, uart, listener, guestClock);
      });
      return new VirtualLabBoard(sim, time, cable!, machine, guestClock, collector, power);
    } catch (failure) {
      time.close();
      cable?.close();
      throw failure;
    }
  }

  get chip(): ChipView {
    return this.sim.chip;
  }

  get reset(): DriveLine | undefined {
    return this.sim.reset && inStep(this.sim.reset, this.time);
  }

  get power(): PowerSwitch | undefined {
    const { power } = this.sim;
    return (
      power && {
        get isOn() {
          return power.isOn;
        },
        on: () => this.#switch(() => power.on()),
        off: () => this.#switch(() => power.off()),
      }
    );
  }

  observeWires(observer: WireObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** A fresh chip, unpowered, from another seed; the guest lives on, so its driver must be unbound. */
  renew(seed: number): void {
    this.sim.renew(seed);
    this.time.restart();
    this.guestClock.restart();
    this.collector.renew();
    this.#wireReady();
  }

  async close(): Promise<void> {
    try {
      await this.machine.close();
    } finally {
      this.time.close();
      this.cable.close();
      await this.sim.close();
    }
  }

  get #isSuspended(): boolean {
    return this.#state === 'going-to-idle' || this.#state === 'going-to-ram';
  }

  #wireReady(): void {
    this.#driveReady();
    this.sim.ready?.observe(() => {
      this.#driveReady();
    });
  }

  /** A suspended guest cannot take interrupts. Edges that come meanwhile must not wait in the cable. */
  #driveReady(): void {
    if (!this.#isSuspended) this.cable.drive(LINE_READY, this.sim.ready?.isAsserted !== true);
  }

  async #switch(action: () => Promise<void>): Promise<void> {
    this.time.catchUp();
    await action();
    this.time.nudge();
  }

  #seat(guest: Guest): KernelSeat {
    return {
      files: guest,
      device: 'spi0.0',
      driver: 'tpm_tis_spi',
      logTime: (stampNs) => this.guestClock.at(stampNs),
      suspended: () =>
        new Promise((resolve) => {
          if (this.#isSuspended) resolve();
          else this.#onSuspended = resolve;
        }),
      wake: async () => {
        this.#onSuspended = undefined;
        if (this.#state === 'going-to-idle') this.cable.wake();
        else await this.machine.wakeFromRam(() => !this.#isSuspended);
      },
      setInterrupt: (isConnected) => this.#reload(guest, { ready_irq: isConnected }),
      fillPoolElsewhere: () => this.#reload(guest, { own_random: true }),
    };
  }

  /** Parameters of the guest's board module can be set only while it is loaded. */
  async #reload(guest: Guest, change: Partial<ModuleParameters>): Promise<void> {
    const wanted = { ...this.#parameters, ...change };
    if (isDeepStrictEqual(wanted, this.#parameters)) return;
    const given = Object.entries(wanted).map(([name, isOn]) => `${name}=${isOn ? 1 : 0}`);
    for (const command of [
      ['rmmod', 'h1lab'],
      ['insmod', '/lib/modules/h1lab.ko', ...given],
    ]) {
      const { status, output } = await guest.run(command);
      if (status !== 0) throw new GuestFailed(`could not do "${command.join(' ')}": ${output.trim()}`, '');
    }
    this.#parameters = wanted;
  }
}

/** The chip's pins on the guest's GPIO, as far as the guest drives them. */
class GuestLines {
  /** CS_L is a line, and not the SPI host's: chip select 1 then clocks for the chip and selects nothing. */
  drivesCs = false;

  constructor(
    private readonly sim: SimBoard,
    private readonly time: RealTime,
    private readonly collector: FrameCollector,
  ) {}

  /** A line that is let go stays as it was, but for TPM_RST_L, which the board pulls up. */
  drive(line: number, isOutput: boolean, isHigh: boolean): void {
    if (line === LINE_CS) this.drivesCs = isOutput;
    if (line === LINE_RESET)
      this.#inStep((sim) => sim.reset?.[isHigh || !isOutput ? 'deassert' : 'assert']());
    if (!isOutput) return;
    if (line === LINE_CS) this.collector.select(!isHigh);
    else if (line === LINE_SUPPLY) this.#inStep((sim) => sim.power?.[isHigh ? 'on' : 'off']());
  }

  /** The simulated chip's switches do their work at once; their promises have nothing to wait for. */
  #inStep(action: (sim: SimBoard) => Promise<void> | undefined): void {
    this.time.catchUp();
    void action(this.sim);
    this.time.nudge();
  }
}

function inStep(line: DriveLine, time: RealTime): DriveLine {
  const drive = async (action: () => Promise<void>): Promise<void> => {
    time.catchUp();
    await action();
    time.nudge();
  };
  return {
    name: line.name,
    get isAsserted() {
      return line.isAsserted;
    },
    assert: () => drive(() => line.assert()),
    deassert: () => drive(() => line.deassert()),
  };
}

class RealTimeSpi implements SpiDevice {
  readonly sck: Hertz;
  readonly maxBytes: number;
  readonly counters: SpiDevice['counters'];

  constructor(
    private readonly device: SpiDevice,
    private readonly time: RealTime,
  ) {
    this.sck = device.sck;
    this.maxBytes = device.maxBytes;
    this.counters = device.counters;
  }

  async transaction(steps: readonly SpiStep[], options?: TransactionOptions): Promise<SpiRecord> {
    this.time.catchUp();
    try {
      return await this.device.transaction(steps, options);
    } finally {
      this.time.nudge();
    }
  }
}

class RealTimeEdges implements EdgeSource {
  readonly name;
  readonly uncertainty: Duration = ns(1);

  constructor(
    private readonly line: EdgeSource,
    private readonly time: RealTime,
  ) {
    this.name = line.name;
  }

  get isAsserted(): boolean {
    return this.line.isAsserted;
  }

  arm(edge: Edge): EdgeWatch {
    const edges: Instant[] = [];
    const stop = this.line.observe((seen, at) => {
      if (seen === edge) edges.push(at);
    });
    return {
      take: () => edges.shift(),
      next: async (limit) => {
        const end = later(this.time.now(), limit);
        while (edges.length === 0 && this.time.now() < end) await this.time.sleep(ns(20_000));
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

  constructor(
    private readonly panel: FaultPanel,
    private readonly time: RealTime,
  ) {
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
    this.time.catchUp();
    await this.panel.set(fault);
    this.time.nudge();
  }

  async clear(): Promise<void> {
    this.time.catchUp();
    await this.panel.clear();
    this.time.nudge();
  }
}
