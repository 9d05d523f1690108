import { hrtime } from 'node:process';
import { setImmediate as turn, setTimeout as timeout } from 'node:timers/promises';
import type { Clock } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { inMs, later, ms } from '../../units/index.ts';

/** Accuracy of Node's timers. The rest of a sleep is spent polling the clock. */
const TIMER = ms(2);

const NS_IN_S = 1e9;
const WORD = 2 ** 32;

/** CLOCK_MONOTONIC of this host, counted from when the board was opened. */
export class HostClock implements Clock {
  /** The beginning in whole seconds and ns, and the same in words of 2^32 ns: a difference of either is exact. */
  readonly #seconds: number;
  readonly #rest: number;
  readonly #high: number;
  readonly #low: number;

  constructor(readonly slack?: Duration) {
    const [seconds, rest] = hrtime();
    this.#seconds = seconds;
    this.#rest = rest;
    const origin = BigInt(seconds) * BigInt(NS_IN_S) + BigInt(rest);
    this.#high = Number(origin / BigInt(WORD));
    this.#low = Number(origin % BigInt(WORD));
  }

  now(): Instant {
    const [seconds, rest] = hrtime();
    return ((seconds - this.#seconds) * NS_IN_S + (rest - this.#rest)) as Instant;
  }

  /** A moment of the kernel's CLOCK_MONOTONIC, which process.hrtime reads too: `high` * 2^32 + `low` ns. */
  fromMonotonic(high: number, low: number): Instant {
    return ((high - this.#high) * WORD + (low - this.#low)) as Instant;
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
