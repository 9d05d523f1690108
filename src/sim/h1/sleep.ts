import type { Duration, Instant } from '../../units/index.ts';
import { later, seconds } from '../../units/index.ts';

/** After a frame the chip stays awake for this long. [CHIP 2] */
const AFTER_FRAME = seconds(1);
const AFTER_WAKE = seconds(5);
const AFTER_BOOT = seconds(20);

/**
 * The moment from which the chip may sleep. No alarm is set for it: callers ask, so that an idle chip costs no work,
 * however long it idles.
 */
export class Sleep {
  /** When set, the chip sleeps after it was idle for this long, whatever the three rules say. */
  after: Duration | undefined;
  #frame = 0 as Instant;
  #wake = 0 as Instant;
  #boot = 0 as Instant;
  #hasWoken = false;

  booted(now: Instant): void {
    this.#frame = now;
    this.#boot = now;
    this.#hasWoken = false;
  }

  frameEnded(now: Instant): void {
    this.#frame = now;
  }

  wokeAt(now: Instant): void {
    this.#wake = now;
    this.#hasWoken = true;
  }

  get isAllowedFrom(): Instant {
    const { after } = this;
    const wake = this.#hasWoken ? later(this.#wake, after ?? AFTER_WAKE) : this.#boot;
    return latest(later(this.#frame, after ?? AFTER_FRAME), wake, later(this.#boot, after ?? AFTER_BOOT));
  }
}

const latest = (a: Instant, b: Instant, c: Instant): Instant => Math.max(a, b, c) as Instant;
