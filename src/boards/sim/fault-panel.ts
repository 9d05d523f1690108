import type { Fault, FaultKind, FaultPanel, FrameMoment } from '../../board/index.ts';
import type { CommandDisturbance, FrameDisturbance } from '../../sim/index.ts';
import type { Duration } from '../../units/index.ts';
import { FaultCounter } from './fault-counter.ts';
import type { ReadyLine } from './ready-line.ts';
import type { SimulatedChip } from './chip-source.ts';
import type { SimBus } from './sim-bus.ts';
import type { BusDisturbance, SimSpiDevice } from './spi-device.ts';
import type { WireFault, Wires } from './wires.ts';

type OfKind<K extends FaultKind> = Extract<Fault, { kind: K }>;

/** 80 01, the size, success, then each byte its own index modulo 256. */
function responseOf(size: number): Uint8Array {
  const response = Uint8Array.from({ length: size }, (_, at) => at);
  response.set([0x80, 0x01, 0, 0, size >> 8, size & 0xff, 0, 0, 0, 0]);
  return response;
}

const isReadyFault = (fault: Fault): fault is Extract<Fault, { kind: `ready-${string}` }> =>
  fault.kind.startsWith('ready-');

const isWireFault = (fault: Fault): fault is WireFault =>
  fault.kind === 'line-stuck' || fault.kind === 'line-open' || fault.kind === 'line-noisy';

/** The parts of the board in which faults are set. */
export interface FaultyParts {
  /** The present chip: a renewed board has another one. */
  readonly chip: () => SimulatedChip;
  readonly spi: SimSpiDevice;
  readonly wires: Wires;
  readonly ready: ReadyLine;
  readonly bus: SimBus;
  /** Lets time pass, for a fault that is over when it is set. */
  readonly pass: (duration: Duration) => void;
}

/** Every fault of the simulated board: on the ready line, on the other wires, and in the chip. */
export class SimFaultPanel implements FaultPanel {
  readonly #active: { readonly fault: Fault; readonly counter: FaultCounter }[] = [];
  #chipFrames = 0;
  #busFrames = 0;
  #pulses = 0;

  constructor(
    readonly kinds: ReadonlySet<FaultKind>,
    private readonly parts: FaultyParts,
  ) {}

  get active(): readonly Fault[] {
    return this.#active.map(({ fault }) => fault);
  }

  can(fault: Fault): boolean {
    return this.kinds.has(fault.kind);
  }

  async set(fault: Fault): Promise<void> {
    this.apply(fault);
  }

  async clear(): Promise<void> {
    this.parts.ready.clear();
    this.parts.wires.clear();
    this.forget();
  }

  /** As `set`, at once: for the faults a rig file names. */
  apply(fault: Fault): void {
    if (!this.can(fault)) throw new RangeError(`This board cannot inject ${fault.kind}.`);
    if (this.#happensNow(fault)) return;
    const frames = 'frames' in fault ? fault.frames : 'commands' in fault ? fault.commands : undefined;
    this.#active.push({ fault, counter: new FaultCounter(frames, this.#seen(fault)) });
    if (isReadyFault(fault)) this.parts.ready.set(fault);
    else if (isWireFault(fault)) this.parts.wires.set(fault);
    else this.#await(fault);
    this.#hook();
  }

  /** Drops every fault; the ready line and the wires are cleared apart. */
  forget(): void {
    this.#active.length = 0;
    this.#hook();
  }

  /** Does a fault that happens once. False when the fault lasts, or waits for its moment. */
  #happensNow(fault: Fault): boolean {
    const { wires, ready, bus, pass } = this.parts;
    switch (fault.kind) {
      case 'cs-glitch':
        wires.disturb('CS_L', fault.width);
        pass(fault.width);
        return true;
      case 'brown-out':
        wires.disturb('supply', fault.width);
        pass(fault.width);
        return true;
      case 'bus-held':
        bus.holdFor(fault.time);
        return true;
      case 'ready-glitch':
        ready.set(fault);
        return true;
      default:
        return false;
    }
  }

  /** Arms what happens at a chosen byte of a chosen frame. */
  #await(fault: Fault): void {
    const { wires, ready } = this.parts;
    const at = ({ frame, byte }: FrameMoment, action: () => void): void => {
      wires.at(frame, byte, action);
    };
    switch (fault.kind) {
      case 'line-cut': {
        const { line } = fault;
        at(fault, () => {
          if (line === 'INT_AP_L') ready.set({ kind: 'ready-open' });
          else wires.open(line);
        });
        return;
      }
      case 'reset-at':
        at(fault, () => {
          wires.disturb('TPM_RST_L', fault.width);
        });
        return;
      case 'power-cut-at':
        at(fault, () => {
          if (fault.width === undefined) wires.open('supply');
          else wires.disturb('supply', fault.width);
        });
    }
  }

  #seen(fault: Fault): number {
    if (fault.kind === 'wake-pulse-lost') return this.#pulses;
    if (fault.kind === 'chip-slow-command' || fault.kind === 'chip-long-response')
      return this.parts.chip().counters.commands;
    return fault.kind.startsWith('chip-') ? this.#chipFrames : this.#busFrames;
  }

  /** Hooks into chip and bus while there is something to do; nothing is asked of them otherwise. */
  #hook(): void {
    const chip = this.parts.chip();
    const isQuiet = this.#active.length === 0;
    chip.disturb = isQuiet ? undefined : () => this.#disturbChip();
    this.parts.spi.disturb = isQuiet ? undefined : (isPulse) => this.#disturbBus(isPulse);
    chip.overrides = {
      ...optional('sleepAfter', this.#find('chip-sleeps-after')?.time),
      ...optional('wakeLatency', this.#find('chip-wakes-in')?.time),
      ...(!isQuiet && { command: (index: number) => this.#disturbCommand(index) }),
    };
  }

  #find<K extends FaultKind>(kind: K): OfKind<K> | undefined {
    return this.#active.find(({ fault }) => fault.kind === kind)?.fault as OfKind<K> | undefined;
  }

  #hits<K extends FaultKind>(kind: K, index: number): OfKind<K> | undefined {
    for (const { fault, counter } of this.#active)
      if (fault.kind === kind && counter.covers(index)) return fault as OfKind<K>;
    return undefined;
  }

  #disturbChip(): FrameDisturbance | undefined {
    const frame = this.#chipFrames++;
    const stall = this.#hits('chip-stall', frame);
    const stallTime = this.#hits('chip-stall-time', frame);
    const busy = this.#hits('chip-busy', frame);
    const early = this.#hits('chip-early-ready', frame);
    if (!stall && !stallTime && !busy && !early) return undefined;
    return {
      ...(stall && { waitBytes: stall.waitBytes ?? Infinity }),
      ...(stallTime && { stallTime: stallTime.time }),
      ...(busy && { busyAfter: busy.time }),
      ...(early && { earlyReady: true }),
    };
  }

  #disturbCommand(index: number): CommandDisturbance | undefined {
    const slow = this.#hits('chip-slow-command', index);
    const long = this.#hits('chip-long-response', index);
    if (!slow && !long) return undefined;
    return {
      ...(slow && { time: (healthy) => (healthy > slow.time ? healthy : slow.time) }),
      ...(long && { response: () => responseOf(long.size) }),
    };
  }

  #disturbBus(isPulse: boolean): BusDisturbance {
    if (isPulse) return { pulseLost: this.#hits('wake-pulse-lost', this.#pulses++) !== undefined };
    const frame = this.#busFrames++;
    const error = this.#hits('bit-error', frame);
    const mask = error && { byte: error.byte, mask: 1 << error.bit };
    return {
      errno: this.#hits('bus-error', frame)?.errno,
      csNotKept: this.#hits('cs-not-kept', frame) !== undefined,
      flipSent: error?.line === 'MOSI' ? mask : undefined,
      flip: error?.line === 'MOSI' ? undefined : mask,
      shared: this.#hits('miso-shared', frame)?.drives,
    };
  }
}

function optional<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]?: V });
}
