import type {
  Edge,
  EdgeSource,
  EdgeWatch,
  PollStep,
  SpiRecord,
  SpiStep,
  TransactionOptions,
} from '../../src/board/index.ts';
import { LineUnavailable, SpiFailure, WaitStateTimeout } from '../../src/board/index.ts';
import { VirtualClock } from '../../src/sim/clock.ts';
import type { Duration, Instant } from '../../src/units/index.ts';
import { hertz, later, ms, ns, us } from '../../src/units/index.ts';

/** One CS assertion as the fake board saw it. */
export interface SeenFrame {
  readonly fall: Instant;
  readonly rise: Instant;
  /** Header and data as the host sent them, in hexadecimal; empty for a wake pulse. */
  readonly sent: string;
  /** Short form: `R 0018 1` or `W 0024 11 8001...`; `wake` for a pulse. */
  readonly text: string;
}

/** What happens to one frame; everything that is left out goes well. */
export interface Fate {
  /** Never ready. */
  readonly stalls?: boolean;
  /** Ready with the first poll at or after this much time. */
  readonly readyAfter?: Duration;
  readonly waitBytes?: number;
  readonly busError?: { readonly errno: number; readonly duringData?: boolean };
  /** The pulse comes this much later than CS rises; false for none. */
  readonly pulse?: Duration | false;
}

export type Responder = (register: number, size: number) => Uint8Array;
export type Writer = (register: number, data: Uint8Array) => void;

/** A watch on the fake line. */
class FakeWatch implements EdgeWatch {
  readonly edges: Instant[] = [];
  isClosed = false;

  constructor(
    private readonly clock: VirtualClock,
    readonly edge: Edge,
  ) {}

  take(): Instant | undefined {
    return this.edges.shift();
  }

  async next(limit: Duration): Promise<Instant | undefined> {
    const deadline = later(this.clock.now(), limit);
    if (!this.clock.isShared) {
      this.clock.advanceUntil(() => this.edges.length > 0, deadline);
      return this.edges.shift();
    }
    while (this.edges.length === 0 && this.clock.now() < deadline) await this.clock.sleep(us(10));
    return this.edges.shift();
  }

  close(): void {
    this.isClosed = true;
  }
}

export class FakeReady implements EdgeSource {
  readonly name = 'INT_AP_L';
  readonly isAsserted = false;
  readonly uncertainty = ns(1);
  readonly watches: FakeWatch[] = [];
  refuses: number | undefined;

  constructor(private readonly clock: VirtualClock) {}

  arm(edge: Edge): EdgeWatch {
    if (this.refuses !== undefined) throw new LineUnavailable('INT_AP_L', this.refuses);
    const watch = new FakeWatch(this.clock, edge);
    this.watches.push(watch);
    return watch;
  }

  observe(): () => void {
    return () => undefined;
  }

  /** One whole pulse, 8 us wide, from now on. */
  pulse(): void {
    this.#edge('asserted');
    this.clock.after(us(8), () => {
      this.#edge('deasserted');
    });
  }

  #edge(edge: Edge): void {
    for (const watch of this.watches)
      if (!watch.isClosed && watch.edge === edge) watch.edges.push(this.clock.now());
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A board whose chip answers as told: no model of an H1, only what a test needs of one. */
export class FakeBoard {
  readonly clock = new VirtualClock();
  readonly ready = new FakeReady(this.clock);
  readonly frames: SeenFrame[] = [];
  readonly holds: boolean[] = [];
  /** The frames whose stall the device was allowed to guess. */
  readonly guessable: string[] = [];
  readonly bus = {
    acquire: async (): Promise<() => void> => {
      await this.beforeLock?.();
      return () => undefined;
    },
  };
  readonly spi = {
    sck: hertz(1_000_000),
    maxBytes: 4096,
    counters: { transactions: 0, systemCalls: 0 },
    transaction: (steps: readonly SpiStep[], options?: TransactionOptions) =>
      this.#transaction(steps, options),
  };
  /** Called when the host wants the bus, before it gets it. */
  beforeLock: (() => Promise<void>) | undefined;
  read: Responder = (_register, size) => new Uint8Array(size);
  write: Writer = () => undefined;
  /** The fate of the nth frame with data, counted from 0. */
  fate: (frame: number, text: string) => Fate = () => ({});
  /** The fate of the nth wake pulse. */
  wakeError: ((pulse: number) => number | undefined) | undefined;
  pulseDelay: Duration | false = us(40);
  byteTime: Duration = us(8);
  pollTime: Duration = us(50);
  #count = 0;
  #wakes = 0;

  /** Short forms of all frames so far, wake pulses included. */
  get texts(): readonly string[] {
    return this.frames.map(({ text }) => text);
  }

  async #transaction(steps: readonly SpiStep[], options?: TransactionOptions): Promise<SpiRecord> {
    this.spi.counters.transactions++;
    const fall = this.clock.now();
    const first = steps[0]!;
    if (first.kind === 'delay') return this.#wake(first.duration, fall);
    const header = first.kind === 'exchange' ? first.bytes.slice() : new Uint8Array();
    const isRead = (header[0]! & 0x80) !== 0;
    const register = (header[2]! << 8) | header[3]!;
    const data = steps.find((step) => step.kind === 'read' || step.kind === 'write')!;
    const sent = data.kind === 'write' ? data.bytes.slice() : new Uint8Array();
    const size = data.kind === 'read' ? data.size : sent.length;
    const name = `${isRead ? 'R' : 'W'} ${register.toString(16).padStart(4, '0')} ${size}`;
    const text = sent.length > 0 ? `${name} ${hex(sent)}` : name;
    if (options?.mayGuessStall === true) this.guessable.push(text);
    const fate = this.fate(this.#count++, text);
    const see = (): void => {
      this.frames.push({ fall, rise: this.clock.now(), sent: hex(header) + hex(sent), text });
    };
    if (fate.busError && fate.busError.duringData !== true) {
      see();
      throw new SpiFailure(text, fate.busError.errno);
    }
    this.clock.advance(ns(4 * this.byteTime));
    const poll = steps.find((step) => step.kind === 'poll')!;
    const polled = this.#poll(poll, fate, fall, () => {
      see();
      this.holds.push(options?.csStaysLowAfterError === true);
    });
    const polledUntil = this.clock.now();
    if (fate.busError) {
      see();
      throw new SpiFailure(text, fate.busError.errno, {}, true);
    }
    const answer = isRead ? this.read(register, size) : new Uint8Array(size).fill(1);
    this.clock.advance(ns(size * this.byteTime));
    for (const step of steps) if (step.kind === 'delay') this.clock.advance(step.duration);
    if (!isRead) this.write(register, sent);
    see();
    const rise = this.clock.now();
    const pulse = fate.pulse ?? this.pulseDelay;
    if (pulse !== false)
      this.clock.after(pulse, () => {
        this.ready.pulse();
      });
    const received = Uint8Array.of(0, 0, 0, 0, ...new Uint8Array(polled - 1), 1, ...answer);
    return {
      sent: Uint8Array.of(...header, ...new Uint8Array(polled), ...sent),
      received,
      pollAt: 4,
      polled,
      fall,
      polledUntil,
      rise,
    };
  }

  #poll(poll: PollStep, fate: Fate, fall: Instant, giveUp: () => void): number {
    const start = this.clock.now();
    const deadline = lateAt(poll, start);
    for (let polled = 1; ; polled++) {
      this.clock.advance(fate.stalls === true ? ms(1) : this.pollTime);
      const isLate = this.clock.now() >= deadline;
      const isReady =
        fate.stalls !== true &&
        polled > (fate.waitBytes ?? 0) &&
        this.clock.now() >= later(start, fate.readyAfter ?? ns(0));
      if (isReady && !(isLate && poll.timeoutFirst)) return polled;
      if (!isLate) continue;
      giveUp();
      const zeros = new Uint8Array(4 + polled);
      throw new WaitStateTimeout(
        polled,
        poll.limit,
        { fall, gaveUp: this.clock.now() },
        {
          sent: zeros,
          received: zeros,
          pollAt: 4,
        },
      );
    }
  }

  #wake(duration: Duration, fall: Instant): SpiRecord {
    const errno = this.wakeError?.(this.#wakes++);
    if (errno !== undefined) throw new SpiFailure('wake pulse', errno);
    this.clock.advance(duration);
    const rise = this.clock.now();
    this.frames.push({ fall, rise, sent: '', text: 'wake' });
    const none = new Uint8Array();
    return { sent: none, received: none, pollAt: 0, polled: 0, fall, polledUntil: rise, rise };
  }
}

/** When a poll is late: past its limit, or at the first tick that is more than its limit after the start. */
function lateAt(poll: PollStep, start: Instant): Instant {
  if (poll.grid === undefined) return later(start, ns(poll.limit + 1));
  const { tick, origin } = poll.grid;
  const begun = Math.floor((start - origin) / tick);
  return later(origin, ns((begun + Math.ceil(poll.limit / tick) + 1) * tick));
}
