import type { Fault, FaultKind, FaultPanel } from '../../board/index.ts';
import type { CommandDisturbance, FrameDisturbance, H1 } from '../../sim/index.ts';
import { FaultCounter } from './fault-counter.ts';
import type { ReadyLine } from './ready-line.ts';
import type { BusDisturbance, SimSpiDevice } from './spi-device.ts';

type OfKind<K extends FaultKind> = Extract<Fault, { kind: K }>;

const KINDS: readonly FaultKind[] = [
  'ready-request-fails',
  'ready-stuck',
  'ready-open',
  'ready-late',
  'ready-width',
  'ready-missing',
  'ready-doubled',
  'ready-inverted',
  'ready-noise',
  'ready-glitch',
  'chip-stall',
  'chip-stall-time',
  'chip-early-ready',
  'chip-busy',
  'chip-sleeps-after',
  'chip-wakes-in',
  'chip-slow-command',
  'chip-long-response',
  'line-stuck',
  'cs-glitch',
  'cs-not-kept',
  'bit-error',
  'bus-error',
  'wake-pulse-lost',
];

/** 80 01, the size, success, then each byte its own index modulo 256. */
function responseOf(size: number): Uint8Array {
  const response = Uint8Array.from({ length: size }, (_, at) => at);
  response.set([0x80, 0x01, 0, 0, size >> 8, size & 0xff, 0, 0, 0, 0]);
  return response;
}

const isReadyFault = (fault: Fault): fault is Extract<Fault, { kind: `ready-${string}` }> =>
  fault.kind.startsWith('ready-');

/** Every fault of the simulated board: on the ready line, on the other wires, and in the chip. */
export class SimFaultPanel implements FaultPanel {
  readonly kinds: ReadonlySet<FaultKind> = new Set(KINDS);
  readonly #active: { readonly fault: Fault; readonly counter: FaultCounter }[] = [];
  #chipFrames = 0;
  #busFrames = 0;
  #pulses = 0;

  constructor(
    private readonly chip: () => H1,
    private readonly spi: SimSpiDevice,
    private readonly ready: ReadyLine,
    private readonly glitch: (fault: OfKind<'cs-glitch'>) => void,
  ) {}

  get active(): readonly Fault[] {
    return this.#active.map(({ fault }) => fault);
  }

  async set(fault: Fault): Promise<void> {
    this.apply(fault);
  }

  async clear(): Promise<void> {
    this.ready.clear();
    this.forget();
  }

  /** As `set`, at once: for the faults a rig file names. */
  apply(fault: Fault): void {
    if (!this.kinds.has(fault.kind)) throw new RangeError(`This board cannot inject ${fault.kind}.`);
    if (fault.kind === 'cs-glitch') {
      this.glitch(fault);
      return;
    }
    if (isReadyFault(fault)) this.ready.set(fault);
    if (fault.kind === 'ready-glitch') return;
    const frames = 'frames' in fault ? fault.frames : 'commands' in fault ? fault.commands : undefined;
    this.#active.push({ fault, counter: new FaultCounter(frames, this.#seen(fault)) });
    this.#wire();
  }

  /** Drops every fault; the ready line is cleared apart. */
  forget(): void {
    this.#active.length = 0;
    this.#wire();
  }

  #seen(fault: Fault): number {
    if (fault.kind === 'wake-pulse-lost') return this.#pulses;
    if (fault.kind === 'chip-slow-command' || fault.kind === 'chip-long-response')
      return this.chip().counters.commands;
    return fault.kind.startsWith('chip-') ? this.#chipFrames : this.#busFrames;
  }

  /** Hooks into chip and bus while there is something to do; nothing is asked of them otherwise. */
  #wire(): void {
    const chip = this.chip();
    const isQuiet = this.#active.length === 0;
    chip.disturb = isQuiet ? undefined : () => this.#disturbChip();
    this.spi.disturb = isQuiet ? undefined : (isPulse) => this.#disturbBus(isPulse);
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
    return { ...(slow && { minTime: slow.time }), ...(long && { response: responseOf(long.size) }) };
  }

  #disturbBus(isPulse: boolean): BusDisturbance {
    if (isPulse) return { pulseLost: this.#hits('wake-pulse-lost', this.#pulses++) !== undefined };
    const frame = this.#busFrames++;
    const error = this.#hits('bit-error', frame);
    const stuck = this.#hits('line-stuck', frame);
    return {
      errno: this.#hits('bus-error', frame)?.errno,
      csNotKept: this.#hits('cs-not-kept', frame) !== undefined,
      flip: error && { byte: error.byte, mask: 1 << error.bit },
      stuck: stuck && (stuck.level === 'high' ? 0xff : 0x00),
    };
  }
}

function optional<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]?: V });
}
