import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { inMs, instant, later, ns, plus, times } from '../../units/index.ts';
import type { ClockReading } from './session.ts';

/** Questions of one measure. The one that is answered fastest says most. */
const QUESTIONS = 8;
/** How far two quartz clocks may drift apart: 100 ppm each. */
const DRIFT = 200e-6;
/** Calls over the network that one act of a driver takes at most: open, write, read, close. */
const CALLS = 4;

/** Where the clock of a device stands on this host's, in ns. */
interface Measured {
  readonly offsetNs: number;
  /** Half of the time of the fastest answer: the truth lies within. */
  readonly withinNs: number;
  /** The slowest answer. */
  readonly slowestNs: number;
  readonly atNs: number;
}

const hostNs = (): number => performance.now() * 1e6;

/** CLOCK_BOOTTIME of a device, which goes on while it sleeps, as far as it is known over a network. */
export class DeviceClock implements Clock {
  #measured: Measured = { offsetNs: 0, withinNs: Infinity, slowestNs: 0, atNs: 0 };
  #latest = 0;

  /** @param ask reads the clocks of the device; undefined when the connection ended meanwhile */
  constructor(private readonly ask: () => Promise<ClockReading | undefined>) {}

  /** Measures again where the device's clock stands. @returns false when no question was answered */
  async measure(): Promise<boolean> {
    const readings: ClockReading[] = [];
    for (let question = 0; question < QUESTIONS; question++) {
      const reading = await this.ask();
      if (reading !== undefined) readings.push(reading);
    }
    const measured = offsetOf(readings);
    if (measured !== undefined) this.#measured = measured;
    return measured !== undefined;
  }

  /** How far a time of this clock may be from the device's own, drift since the last measure included. */
  get uncertainty(): Duration {
    const { withinNs, atNs } = this.#measured;
    return ns(withinNs + DRIFT * (hostNs() - atNs));
  }

  /** What the network may add to a time that this host takes. */
  get slack(): Duration {
    return plus(times(ns(this.#measured.slowestNs), CALLS), times(this.uncertainty, 2));
  }

  /** Never earlier than before, whatever a measure has found. */
  now(): Instant {
    this.#latest = Math.max(this.#latest, hostNs() + this.#measured.offsetNs);
    return instant(this.#latest);
  }

  async sleep(duration: Duration): Promise<void> {
    const end = later(this.now(), duration);
    for (let left = duration; left > 0; left = ns(end - this.now())) await pause(Math.ceil(inMs(left)));
  }

  async together<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
    const ended = await Promise.allSettled(tasks.map((task) => task()));
    return ended.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
  }
}

/** The offset by the fastest of some readings; undefined when there is none. */
export function offsetOf(readings: readonly ClockReading[]): Measured | undefined {
  const took = ({ askedNs, answeredNs }: ClockReading): number => answeredNs - askedNs;
  const fastest = readings.toSorted((a, b) => took(a) - took(b))[0];
  if (fastest === undefined) return undefined;
  return {
    offsetNs: fastest.boottimeNs - (fastest.askedNs + fastest.answeredNs) / 2,
    withinNs: took(fastest) / 2,
    slowestNs: Math.max(...readings.map(took)),
    atNs: fastest.answeredNs,
  };
}
