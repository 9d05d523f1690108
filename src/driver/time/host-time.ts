import type { Clock, TickGrid } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { BEGINNING, between, later, ns } from '../../units/index.ts';
import type { TickRate, Ticks } from './ticks.ts';
import { addTicks, firstTick, inTicks, isAtOrAfter, isWithin, tickLength, ticksBetween } from './ticks.ts';

/** A moment in the unit of one host's driver: ticks or nanoseconds. Only the HostTime that made stamps compares them. */
export type Stamp = number;

/** How the driver of one host keeps time. */
export interface HostTime {
  now(): Stamp;
  /** The stamp `by` later, `by` rounded up to what the host can tell apart. */
  add(stamp: Stamp, by: Duration): Stamp;
  isAtOrAfter(a: Stamp, b: Stamp): boolean;
  /** At or after `from`, and strictly before `to`. */
  isWithin(now: Stamp, from: Stamp, to: Stamp): boolean;
  /** How long a wait really takes that begins now, at `now`, and may last until `until`. */
  waitUntil(now: Stamp, until: Stamp): Duration;
  /** How long the host's coarse sleep of `duration` really takes when it begins now. */
  coarseSleep(duration: Duration): Duration;
  /** A limit as the host applies it: whole ticks, rounded up, or the duration itself. */
  limit(duration: Duration): Duration;
  /** The ticks on which the host judges a limit; undefined when it judges exactly. */
  grid(): TickGrid | undefined;
  /** The host sleeps from now on; ticks stand still meanwhile. */
  suspend(): void;
  resume(): void;
}

/** Time in ticks of a timer interrupt, as the Linux kernel keeps it. [DRIVER 0] */
export class TickTime implements HostTime {
  readonly #tick: Duration;
  readonly #first: Ticks;
  #origin: Instant = BEGINNING;
  #lastReading: Instant = BEGINNING;
  #grid: TickGrid;

  constructor(
    private readonly clock: Clock,
    readonly rate: TickRate,
    /** What the counter shows at the clock's beginning. */
    first: Ticks = firstTick(rate),
  ) {
    this.#tick = tickLength(rate);
    this.#first = first;
    this.#grid = { tick: this.#tick, origin: this.#origin };
  }

  now(): Ticks {
    this.#lastReading = this.clock.now();
    return addTicks(this.#first, this.#elapsed(this.#lastReading));
  }

  add(stamp: Stamp, by: Duration): Ticks {
    return addTicks(stamp as Ticks, inTicks(by, this.rate));
  }

  isAtOrAfter(a: Stamp, b: Stamp): boolean {
    return isAtOrAfter(a as Ticks, b as Ticks);
  }

  isWithin(now: Stamp, from: Stamp, to: Stamp): boolean {
    return isWithin(now as Ticks, from as Ticks, to as Ticks);
  }

  waitUntil(now: Stamp, until: Stamp): Duration {
    return this.#endOfWait(ticksBetween(now as Ticks, until as Ticks));
  }

  coarseSleep(duration: Duration): Duration {
    return this.#endOfWait(inTicks(duration, this.rate) + 1);
  }

  limit(duration: Duration): Duration {
    return ns(inTicks(duration, this.rate) * this.#tick);
  }

  grid(): TickGrid {
    return this.#grid;
  }

  suspend(): void {
    this.#lastReading = this.clock.now();
  }

  resume(): void {
    this.#origin = later(this.#origin, between(this.#lastReading, this.clock.now()));
    this.#grid = { tick: this.#tick, origin: this.#origin };
  }

  #elapsed(at: Instant): number {
    return Math.floor((at - this.#origin) / this.#tick);
  }

  /** A wait of `count` ticks never ends early: it ends on a tick, between `count` and `count` + 1 ticks from now. */
  #endOfWait(count: number): Duration {
    const now = this.clock.now();
    const end = later(this.#origin, ns((this.#elapsed(now) + Math.max(count, 0) + 1) * this.#tick));
    return between(now, end);
  }
}

/** Time as the clock tells it. */
export class ExactTime implements HostTime {
  constructor(private readonly clock: Clock) {}

  now(): Instant {
    return this.clock.now();
  }

  add(stamp: Stamp, by: Duration): Stamp {
    return stamp + by;
  }

  isAtOrAfter(a: Stamp, b: Stamp): boolean {
    return a >= b;
  }

  isWithin(now: Stamp, from: Stamp, to: Stamp): boolean {
    return now >= from && now < to;
  }

  waitUntil(now: Stamp, until: Stamp): Duration {
    return ns(Math.max(until - now, 0));
  }

  coarseSleep(duration: Duration): Duration {
    return duration;
  }

  limit(duration: Duration): Duration {
    return duration;
  }

  grid(): undefined {
    return undefined;
  }

  suspend(): void {
    // The clock runs on while the host sleeps.
  }

  resume(): void {
    // Nothing to do: this time never stands still.
  }
}
