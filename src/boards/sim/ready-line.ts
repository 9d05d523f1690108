import type { Edge, EdgeSource, EdgeWatch, Fault } from '../../board/index.ts';
import { LineUnavailable } from '../../board/index.ts';
import type { Alarm, Random, VirtualClock } from '../../sim/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { later, ns, us, ZERO } from '../../units/index.ts';
import { FaultCounter } from './fault-counter.ts';

type ReadyFault = Extract<Fault, { kind: `ready-${string}` }>;

/** Width of the pulses that noise and glitches make on the line. */
const NOISE_WIDTH = us(2);

/** Where the host's INT_AP_L comes from: the chip, or an instrument between the two. */
export type ReadySource = 'chip' | 'open' | 'high' | 'low';

/**
 * The wire from the chip's INT_AP_L to the host's input, with whatever is wrong on the way. The chip drives one end,
 * the host sees the other; observers and watches see what the host sees.
 */
export class ReadyLine implements EdgeSource {
  readonly name = 'INT_AP_L';
  readonly uncertainty: Duration = ns(1);
  #isAsserted = false;
  #chipAsserts = false;
  #pulses = 0;
  /** A fault decides the shape of the present pulse, so the chip's end of it is ignored. */
  #shapesThisPulse = false;
  readonly #watches = new Set<Watch>();
  readonly #observers = new Set<(edge: Edge, at: Instant) => void>();
  readonly #faults: { readonly fault: ReadyFault; readonly counter: FaultCounter }[] = [];
  #noise: Alarm | undefined;
  #source: ReadySource = 'chip';
  /** What reaches the switch in front of the host. */
  #arrives = false;
  /** Told when the chip's end changes. */
  onDrive: ((isAsserted: boolean) => void) | undefined;

  constructor(
    private readonly clock: VirtualClock,
    private random: Random,
  ) {}

  get isAsserted(): boolean {
    return this.#isAsserted;
  }

  arm(edge: Edge): EdgeWatch {
    const refusal = this.#find('ready-request-fails');
    if (refusal) throw new LineUnavailable(this.name, refusal.errno);
    const watch = new Watch(this.clock, edge, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    return watch;
  }

  observe(observer: (edge: Edge, at: Instant) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** The chip's end of the wire changed. */
  drive(isAsserted: boolean): void {
    this.#chipAsserts = isAsserted;
    this.onDrive?.(isAsserted);
    if (this.#faults.length === 0) {
      this.#show(isAsserted);
      return;
    }
    if (isAsserted) this.#pulseBegins(this.#pulses++);
    else if (!this.#shapesThisPulse) this.#pass(false);
  }

  /** Throws the switch in front of the host, whose own pull-up holds an open line high. */
  route(source: ReadySource): void {
    this.#source = source;
    this.#show(this.#arrives);
  }

  set(fault: ReadyFault): void {
    if (fault.kind === 'ready-glitch') {
      this.#pulseOnHostSide(NOISE_WIDTH);
      return;
    }
    const frames = 'frames' in fault ? fault.frames : undefined;
    this.#faults.push({ fault, counter: new FaultCounter(frames, this.#pulses) });
    if (fault.kind === 'ready-noise') this.#scheduleNoise(fault.rate);
    this.#settle();
  }

  clear(): void {
    this.#faults.length = 0;
    this.#shapesThisPulse = false;
    this.#noise?.cancel();
    this.#noise = undefined;
    this.#settle();
  }

  /** Makes the line quiet and without watchers, with new random numbers. */
  renew(random: Random): void {
    this.#watches.clear();
    this.#observers.clear();
    this.random = random;
    this.#faults.length = 0;
    this.#noise?.cancel();
    this.#noise = undefined;
    this.#pulses = 0;
    this.#shapesThisPulse = false;
    this.#chipAsserts = false;
    this.#source = 'chip';
    this.#arrives = false;
    this.#isAsserted = false;
  }

  #find<K extends ReadyFault['kind']>(kind: K): Extract<ReadyFault, { kind: K }> | undefined {
    return this.#faults.find(({ fault }) => fault.kind === kind)?.fault as
      Extract<ReadyFault, { kind: K }> | undefined;
  }

  #hits<K extends ReadyFault['kind']>(kind: K, pulse: number): Extract<ReadyFault, { kind: K }> | undefined {
    for (const { fault, counter } of this.#faults)
      if (fault.kind === kind && counter.covers(pulse)) return fault as Extract<ReadyFault, { kind: K }>;
    return undefined;
  }

  #pulseBegins(pulse: number): void {
    this.#shapesThisPulse = false;
    if (this.#hits('ready-missing', pulse)) {
      this.#shapesThisPulse = true;
      return;
    }
    const delay = this.#hits('ready-late', pulse)?.by ?? ZERO;
    const shape = this.#hits('ready-width', pulse);
    const doubled = this.#hits('ready-doubled', pulse);
    if (shape && shape.width < shape.hostNeeds) {
      this.#shapesThisPulse = true;
      return;
    }
    if (!shape && !doubled && delay === ZERO) {
      this.#pass(true);
      return;
    }
    this.#shapesThisPulse = true;
    const width = shape?.width ?? us(8);
    this.#later(delay, width);
    if (doubled) this.#later(ns(delay + doubled.gap), width);
  }

  #later(delay: Duration, width: Duration): void {
    this.clock.after(delay, () => {
      this.#pass(true);
      this.clock.after(width, () => {
        this.#pass(false);
      });
    });
  }

  #pulseOnHostSide(width: Duration): void {
    this.#pass(true);
    this.clock.after(width, () => {
      this.#pass(false);
    });
  }

  #scheduleNoise(rate: number): void {
    const gap = ns((-Math.log(1 - this.random.next()) * 1e9) / rate);
    this.#noise = this.clock.at(later(this.clock.now(), gap), () => {
      this.#pulseOnHostSide(NOISE_WIDTH);
      this.#scheduleNoise(rate);
    });
  }

  /** Shows the host what lies on the wire, unless the wire is cut, stuck or inverted. */
  #pass(isAsserted: boolean): void {
    const stuck = this.#find('ready-stuck');
    if (stuck) this.#show(stuck.level === 'low');
    else if (this.#find('ready-open')) this.#show(false);
    else this.#show(this.#find('ready-inverted') ? !isAsserted : isAsserted);
  }

  #settle(): void {
    this.#pass(this.#chipAsserts && !this.#shapesThisPulse);
  }

  #show(arrives: boolean): void {
    this.#arrives = arrives;
    const isAsserted = this.#source === 'chip' ? arrives : this.#source === 'low';
    if (isAsserted === this.#isAsserted) return;
    this.#isAsserted = isAsserted;
    const edge: Edge = isAsserted ? 'asserted' : 'deasserted';
    const at = this.clock.now();
    for (const observer of this.#observers) observer(edge, at);
    for (const watch of this.#watches) watch.see(edge, at);
  }
}

class Watch implements EdgeWatch {
  readonly #edges: Instant[] = [];
  #wake: (() => void) | undefined;
  readonly #hasEdge = (): boolean => this.#edges.length > 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly edge: Edge,
    readonly close: () => void,
  ) {}

  see(edge: Edge, at: Instant): void {
    if (edge !== this.edge) return;
    this.#edges.push(at);
    this.#wake?.();
  }

  take(): Instant | undefined {
    return this.#edges.shift();
  }

  next(limit: Duration): Promise<Instant | undefined> | Instant | undefined {
    const { clock } = this;
    const deadline = later(clock.now(), limit);
    if (clock.isShared) return this.#nextAmongThreads(deadline);
    clock.advanceUntil(this.#hasEdge, deadline);
    return this.#edges.shift();
  }

  async #nextAmongThreads(deadline: Instant): Promise<Instant | undefined> {
    const { clock } = this;
    if (this.#edges.length === 0)
      await new Promise<void>((resolve) => {
        const alarm = clock.at(deadline, resolve);
        this.#wake = () => {
          alarm.cancel();
          resolve();
        };
        clock.threadWaits();
      });
    this.#wake = undefined;
    return this.#edges.shift();
  }
}
