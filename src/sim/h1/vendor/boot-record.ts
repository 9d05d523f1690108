import type { Instant } from '../../../units/index.ts';
import { BEGINNING } from '../../../units/index.ts';
import type { BootCause } from '../boot-cause.ts';

/** [EC reset_flags] */
const FLAGS: Readonly<Record<BootCause, number>> = {
  power: 1 << 3,
  'deep-sleep': 1 << 6,
  'hard-reset': 1 << 11,
  crash: 1 << 4,
};

/** When and why the firmware started, and what outlives every start but that at power-on. */
export class BootRecord {
  /** USER_PRES turned the watch for a user on. */
  watchesUser = false;
  #cause: BootCause = 'power';
  #bootedAt: Instant = BEGINNING;
  #poweredAt: Instant = BEGINNING;

  constructor(private readonly now: () => Instant) {}

  booted(cause: BootCause): void {
    const now = this.now();
    this.#cause = cause;
    this.#bootedAt = now;
    if (cause !== 'power') return;
    this.#poweredAt = now;
    this.watchesUser = false;
  }

  /** The cause, as the firmware numbers it. */
  get flag(): number {
    return FLAGS[this.#cause];
  }

  get upTimeUs(): number {
    return Math.floor((this.now() - this.#bootedAt) / 1e3);
  }

  get upTimeS(): number {
    return Math.floor((this.now() - this.#bootedAt) / 1e9);
  }

  get sincePowerS(): number {
    return Math.floor((this.now() - this.#poweredAt) / 1e9);
  }
}
