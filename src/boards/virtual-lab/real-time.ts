import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../board/index.ts';
import type { VirtualClock } from '../../sim/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { instant, later, ms, seconds } from '../../units/index.ts';

/** Accuracy of Node's timers. Closer alarms are awaited by turns of the event loop. */
const TIMER = ms(2);

/** Maximum sleep before the alarms are read again: a closer one may have been set meanwhile. */
const MAX_NAP = ms(20);

/** Slack for a guest in an emulator on a busy machine: a command of 10 ms was seen to take 300 ms. Ours. */
const SLACK = seconds(2);

/**
 * Drives a simulated chip on this host's clock. The chip's time is never behind the host's once `catchUp` was called;
 * it is ahead while bytes are on the wire, which a simulated bus clocks in no time.
 */
export class RealTime implements Clock {
  readonly slack = SLACK;
  #origin = process.hrtime.bigint();
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #isClosed = false;

  constructor(private readonly chip: VirtualClock) {
    this.#schedule();
  }

  now(): Instant {
    const host = this.#host();
    return host > this.chip.now() ? host : this.chip.now();
  }

  async sleep(duration: Duration): Promise<void> {
    const end = later(this.now(), duration);
    for (let left = end - this.#host(); left > 0; left = end - this.#host()) {
      if (left > TIMER) await pause((left - TIMER) / 1e6);
      else await turn();
    }
    this.catchUp();
  }

  async together<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
    const ended = await Promise.allSettled(tasks.map((task) => task()));
    return ended.map((end) => {
      if (end.status === 'rejected') throw end.reason as Error;
      return end.value;
    });
  }

  /** The chip's clock began again. */
  restart(): void {
    this.#origin = process.hrtime.bigint();
  }

  /** Rings what is due; then the chip's time is the host's. */
  catchUp(): void {
    this.chip.advanceTo(this.#host());
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#immediate) clearImmediate(this.#immediate);
  }

  #host(): Instant {
    return instant(Number(process.hrtime.bigint() - this.#origin));
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const next = this.chip.nextAlarm;
    const left = next === undefined ? MAX_NAP : next - this.#host();
    const action = (): void => {
      this.catchUp();
      this.#schedule();
    };
    if (left < TIMER) this.#immediate = setImmediate(action);
    else this.#timer = setTimeout(action, (Math.min(left, MAX_NAP) - TIMER / 2) / 1e6);
  }

  /** To be called when a closer alarm may have been set: reads the alarms at once. */
  nudge(): void {
    clearTimeout(this.#timer);
    if (this.#immediate) clearImmediate(this.#immediate);
    this.#schedule();
  }
}
