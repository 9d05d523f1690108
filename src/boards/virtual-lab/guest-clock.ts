import type { Clock } from '../../board/index.ts';
import type { Instant } from '../../units/index.ts';
import { later, ns } from '../../units/index.ts';

/** Maximum number of moments that are kept. A probe has some 1,500. */
const MOST = 1 << 15;

interface Moment {
  readonly guestNs: number;
  /** The chip's time before and after it took what the guest did. */
  readonly before: Instant;
  readonly after: Instant;
}

/**
 * The guest's time in terms of the chip's. Each thing that the guest does on the cable carries the guest's time, so
 * whatever else the guest stamps lies between two of them on the chip's clock as well: order is exact, and the distance
 * to the last one is as the guest counts it.
 */
export class GuestClock {
  #moments: Moment[] = [];
  #open: { guestNs: number; before: Instant } | undefined;

  constructor(private readonly clock: Clock) {}

  /** The guest did something at its own time `guestNs`, and the chip is about to take it. */
  begin(guestNs: number): void {
    this.#open = { guestNs, before: this.clock.now() };
  }

  /** The chip has taken it. */
  end(): void {
    if (this.#open === undefined) return;
    if (this.#moments.length === MOST) this.#moments.splice(0, MOST / 2);
    this.#moments.push({ ...this.#open, after: this.clock.now() });
    this.#open = undefined;
  }

  /** The chip's time began again. */
  restart(): void {
    this.#moments = [];
    this.#open = undefined;
  }

  /**
   * The moment on the chip's clock for a stamp of the guest; the present moment when the guest has done nothing yet.
   */
  at(guestNs: number): Instant {
    // Searched from the end: what is stamped was stamped lately.
    const before = this.#moments.findLastIndex((moment) => moment.guestNs <= guestNs);
    const last = this.#moments[before];
    const limit = this.#moments[before + 1]?.before ?? this.clock.now();
    if (last === undefined) return limit;
    const counted = later(last.after, ns(Math.round(guestNs - last.guestNs)));
    return counted < limit ? counted : limit;
  }
}
