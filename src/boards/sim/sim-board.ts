import type { Board, Capability, ChipView, DriveLine, Fault, PowerSwitch } from '../../board/index.ts';
import { FAULT_KINDS } from '../../board/index.ts';
import type { H1Options, TimingOptions, TpmEngine } from '../../sim/index.ts';
import { chanceOfTpm, H1, Random, VirtualClock } from '../../sim/index.ts';
import type { Hertz } from '../../units/index.ts';
import { hertz, us } from '../../units/index.ts';
import type { ChipSource, SimulatedChip } from './chip-source.ts';
import type { EngineName } from './engine-slot.ts';
import { EngineSlot } from './engine-slot.ts';
import { SimFaultPanel } from './fault-panel.ts';
import { ReadyLine } from './ready-line.ts';
import { SecondDevice } from './second-device.ts';
import { SimBus } from './sim-bus.ts';
import type { HostTiming, SpiTarget } from './spi-device.ts';
import { SimSpiDevice } from './spi-device.ts';
import type { AnswerInstead } from './stand-in.ts';
import { StandInEngine } from './stand-in.ts';
import type { ReadySource } from './ready-line.ts';
import type { SelectSource } from './wires.ts';
import { Wires } from './wires.ts';

/** The simulated chip and the wires around it. */
export interface SimBoardOptions {
  readonly seed: number;
  /** In place of our own model, for which the options of the chip are. */
  readonly chip?: ChipSource;
  /** Cr50 RW version, such as `0.5.4`. */
  readonly firmware?: string;
  /** `allow`: a version that no source tells of opens all the same, and says what it behaves like. */
  readonly unknownVersion?: 'allow';
  /** Board ID that the chip comes with; blank without it. */
  readonly boardId?: H1Options['boardId'];
  /** Boards that the image it comes with is made for; all without it. */
  readonly imageFor?: H1Options['imageFor'];
  /** TPM library inside the chip; the built-in one without it. */
  readonly engine?: EngineName;
  /**
   * Folder in which swtpm keeps its non-volatile state, which `renew` keeps as well. Without it the state is lost
   * with the board.
   */
  readonly swtpmState?: string;
  /** Answers in the place of the TPM library's own ones. */
  readonly instead?: AnswerInstead;
  /** Timing of the chip that is pinned instead of drawn. */
  readonly timing?: TimingOptions;
  readonly sck?: Hertz;
  readonly host?: Partial<HostTiming>;
  /** Parts the board has; all of them unless told otherwise. */
  readonly has?: {
    readonly readyLine?: boolean;
    readonly reset?: boolean;
    readonly power?: boolean;
    readonly secondDevice?: boolean;
  };
  /** Faults that are there from the start, and again after `faults.clear` and `renew`. */
  readonly faults?: readonly Fault[];
}

/** CS_L and INT_AP_L, for an instrument that lies in them. Its switches fall back when the board is renewed. */
export interface InstrumentedLines {
  routeSelect(source: SelectSource): void;
  routeReady(source: ReadySource): void;
  /** Listens from now on, also after `renew`. */
  listen(to: {
    readonly select: (isAsserted: boolean) => void;
    readonly ready: (isAsserted: boolean) => void;
  }): void;
}

/** 1 MHz, as the captured board ran. [CHIP 8] */
const SCK = hertz(1_000_000);

/** [CHIP 8] CS to first clock 3.1 to 5.5 us, last clock to CS high 3 to 13 us. The other two are ours. */
const HOST: HostTiming = { turnaround: us(10), csSetup: us(4), csHold: us(5), messageGap: us(5) };

/**
 * A board on virtual time around the simulated H1. It opens with the chip unpowered and in reset, like a bench before
 * the first switch is thrown; a board without a power switch is always powered, one without reset always out of it.
 */
export class SimBoard implements Board {
  readonly facts = { isSimulated: true, hasController: false };
  readonly capabilities: ReadonlySet<Capability>;
  readonly clock: VirtualClock;
  readonly spi: SimSpiDevice;
  readonly bus: SimBus;
  readonly ready: ReadyLine | undefined;
  readonly reset: DriveLine | undefined;
  readonly power: PowerSwitch | undefined;
  readonly faults: SimFaultPanel;
  readonly secondDevice: SimSpiDevice | undefined;
  readonly #clock = new VirtualClock();
  readonly #line: ReadyLine;
  readonly #wires: Wires;
  readonly #engine: EngineSlot;
  #chip: SimulatedChip;
  #isPowered = false;
  #isInReset = true;
  /** Told each line of the chip's console, which is simulated: what supply and TPM_RST_L do to it. */
  onConsole: ((line: string) => void) | undefined;

  constructor(private readonly options: SimBoardOptions) {
    const has = { readyLine: true, reset: true, power: true, secondDevice: true, ...options.has };
    this.clock = this.#clock;
    const random = new Random(options.seed);
    this.#line = new ReadyLine(this.#clock, random.fork('ready-line'));
    this.#engine = new EngineSlot(
      this.#clock,
      options.engine,
      options.swtpmState === undefined ? {} : { state: options.swtpmState },
    );
    this.#chip = this.#makeChip(options.seed);
    this.#wires = new Wires(this.#clock, this.#chip, random.fork('wires'));
    this.bus = new SimBus(this.#clock);
    const sck = options.sck ?? SCK;
    const host = { ...HOST, ...options.host };
    this.spi = new SimSpiDevice(this.#clock, this.#wires, sck, host);
    if (has.secondDevice) this.secondDevice = new SimSpiDevice(this.#clock, this.#neighbour(), sck, host);
    if (has.readyLine) this.ready = this.#line;
    if (has.reset) this.reset = this.#resetLine();
    if (has.power) this.power = this.#powerSwitch();
    this.faults = new SimFaultPanel(options.chip?.faults ?? new Set(FAULT_KINDS), {
      chip: () => this.#chip,
      spi: this.spi,
      wires: this.#wires,
      ready: this.#line,
      bus: this.bus,
      pass: (duration) => {
        this.#clock.advance(duration);
      },
    });
    this.capabilities = capabilitiesOf({ ...has, chipView: options.chip?.hasView !== false });
    this.#start();
  }

  /** The H1's SPI pins, for another host than this board's own. */
  get pins(): SpiTarget & Pick<Wires, 'outlook'> {
    return this.#wires;
  }

  /** The two lines between host and chip that an instrument may switch and listen to, at the chip's end. */
  get lines(): InstrumentedLines {
    const wires = this.#wires;
    const line = this.#line;
    return {
      routeSelect: (source) => {
        wires.routeSelect(source);
      },
      routeReady: (source) => {
        line.route(source);
      },
      listen: ({ select, ready }) => {
        wires.onSelect = select;
        line.onDrive = ready;
      },
    };
  }

  get chip(): ChipView {
    return this.#chip;
  }

  /**
   * Makes a fresh board: the chip has no power, the time is 0, and random numbers come from another seed. The parts
   * are the same objects.
   */
  renew(seed: number): void {
    this.#clock.restart();
    const random = new Random(seed);
    this.#line.renew(random.fork('ready-line'));
    this.#chip = this.#makeChip(seed);
    this.#wires.renew(this.#chip, random.fork('wires'));
    this.bus.renew();
    this.spi.forget();
    this.secondDevice?.forget();
    this.faults.forget();
    this.#isPowered = false;
    this.#isInReset = true;
    this.#start();
  }

  async close(): Promise<void> {
    try {
      this.#switchPower(false);
    } finally {
      this.#engine.close();
      await this.options.chip?.close();
    }
  }

  #start(): void {
    for (const fault of this.options.faults ?? []) this.faults.apply(fault);
    if (this.power === undefined) this.#switchPower(true);
    if (this.reset === undefined) this.#driveReset(false);
  }

  #makeChip(seed: number): SimulatedChip {
    const chip = this.options.chip?.make(this.#clock, seed) ?? this.#makeH1(seed);
    chip.onReady = (isAsserted) => {
      this.#line.drive(isAsserted);
    };
    return chip;
  }

  #makeH1(seed: number): H1 {
    const { firmware, unknownVersion, boardId, imageFor, timing } = this.options;
    return new H1(this.#clock, {
      seed,
      engine: this.#library(chanceOfTpm(seed)),
      ...(firmware !== undefined && { firmware }),
      ...(unknownVersion && { unknownVersion }),
      ...(boardId && { boardId }),
      ...(imageFor && { imageFor }),
      ...(timing && { timing }),
    });
  }

  #library(random: Random): TpmEngine {
    const library = this.#engine.fill(random);
    const { instead } = this.options;
    return instead === undefined ? library : new StandInEngine(library, instead);
  }

  #switchPower(isOn: boolean): void {
    if (isOn === this.#isPowered) return;
    this.#isPowered = isOn;
    this.#wires.drivePower(isOn);
    if (isOn) this.onConsole?.(`--- ${this.#chip.description}: power-on ---`);
  }

  #driveReset(isAsserted: boolean): void {
    if (isAsserted === this.#isInReset) return;
    this.#isInReset = isAsserted;
    this.#wires.driveReset(isAsserted);
    if (this.#isPowered)
      this.onConsole?.(`[simulated H1: TPM_RST_L ${isAsserted ? 'asserted' : 'deasserted'}]`);
  }

  #powerSwitch(): PowerSwitch {
    const isOn = (): boolean => this.#isPowered;
    const turn = async (on: boolean): Promise<void> => {
      this.#switchPower(on);
    };
    return {
      get isOn() {
        return isOn();
      },
      on: () => turn(true),
      off: () => turn(false),
    };
  }

  #resetLine(): DriveLine {
    const isAsserted = (): boolean => this.#isInReset;
    const drive = async (to: boolean): Promise<void> => {
      this.#driveReset(to);
    };
    return {
      name: 'TPM_RST_L',
      get isAsserted() {
        return isAsserted();
      },
      assert: () => drive(true),
      deassert: () => drive(false),
    };
  }

  #neighbour(): SpiTarget {
    const wires = this.#wires;
    return new SecondDevice((mosi, end) => (wires.isSelected ? wires.shift(mosi, end) : undefined));
  }
}

function capabilitiesOf(
  has: Record<'readyLine' | 'reset' | 'power' | 'secondDevice' | 'chipView', boolean>,
): ReadonlySet<Capability> {
  const capabilities = new Set<Capability>(['faults', 'virtual-time']);
  if (has.chipView) capabilities.add('chip-view');
  if (has.readyLine) capabilities.add('ready-line').add('edge-timing');
  if (has.reset) capabilities.add('reset');
  if (has.power) capabilities.add('power');
  if (has.secondDevice) capabilities.add('second-device');
  return capabilities;
}
