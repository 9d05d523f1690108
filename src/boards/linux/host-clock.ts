import { setImmediate as turn, setTimeout as timeout } from 'node:timers/promises';
import type { Clock } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { inMs, later, ms, ns } from '../../units/index.ts';

/** Node's timers are good to about this; the rest of a sleep is spent looking at the clock. */
const TIMER = ms(2);

/** CLOCK_MONOTONIC of this host, counted from when the board was opened. */
export class HostClock implements Clock {
  readonly resolution = ns(1);
  readonly #origin = process.hrtime.bigint();

  now(): Instant {
    return Number(process.hrtime.bigint() - this.#origin) as Instant;
  }

  /** A moment of the kernel's CLOCK_MONOTONIC, which process.hrtime reads too. */
  fromMonotonic(monotonicNs: bigint): Instant {
    return Number(monotonicNs - this.#origin) as Instant;
  }

  async sleep(duration: Duration): Promise<void> {
    const end = later(this.now(), duration);
    if (duration > TIMER) await timeout(Math.floor(inMs(duration) - inMs(TIMER)));
    while (this.now() < end) if (end - this.now() > TIMER / 4) await turn();
  }

  async together<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
    const ended = await Promise.allSettled(tasks.map((task) => task()));
    return ended.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
  }
}
