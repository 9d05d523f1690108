import type { Duration } from '../../units/index.ts';
import { burstCountOf, locality, STS, TPM_STS } from '../../wire/index.ts';
import { BurstCountZero, DriverError, StatusTimeout } from '../errors.ts';
import type { Locality } from './locality.ts';
import type { TisParts } from './tis-parts.ts';
import { poll } from './tis-parts.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/** TPM_STS of the current locality. [DRIVER 2.4] */
export class Status {
  #hasComplained = false;
  /** The last status byte and burstCount that a poll saw. */
  #seen = 0;
  #burst = 0;

  constructor(
    private readonly parts: TisParts,
    private readonly locality: Locality,
  ) {}

  /** The status byte; 0 when it cannot be read or cannot be right. */
  *read(): Work<number> {
    try {
      return this.#believe(yield* this.parts.phy.read8(this.#register));
    } catch (error) {
      if (error instanceof DriverError) return 0;
      throw error;
    }
  }

  /** Status and burstCount in one read of four bytes; 0 when they cannot be right. */
  *readWord(): Work<number> {
    const word = yield* this.parts.phy.read32(this.#register);
    return this.#believe(word & 0xff) === 0 ? 0 : word;
  }

  /** @throws StatusTimeout unless all bits of `mask` are set within `limit`. At least two looks are taken. */
  *waitFor(mask: number, limit: Duration): Work<void> {
    const { clock, rules } = this.parts;
    if (yield* this.#shows(mask)) return;
    yield* waited(clock.sleep(rules.pauses.status));
    const isSet = yield* poll(this.parts, limit, rules.pauses.status, () => this.#shows(mask));
    if (!isSet) throw new StatusTimeout(mask, this.#seen, limit);
  }

  *#shows(mask: number): Work<boolean> {
    this.#seen = yield* this.read();
    return (this.#seen & mask) === mask;
  }

  /** Writes commandReady: readies, aborts or drops a response, as the state has it. The result is ignored. */
  *ready(): Work<void> {
    try {
      yield* this.write(STS.commandReady);
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
  }

  write(bit: number): Work<void> {
    return this.parts.phy.write8(this.#register, bit);
  }

  /** @throws BurstCountZero when it stays 0 for timeout A. */
  *burstCount(): Work<number> {
    const { rules } = this.parts;
    const isThere = yield* poll(this.parts, rules.timeouts.a, rules.pauses.status, () => this.#hasBurst());
    if (!isThere) throw new BurstCountZero(rules.timeouts.a);
    return this.limited(this.#burst);
  }

  *#hasBurst(): Work<boolean> {
    this.#burst = burstCountOf(yield* this.parts.phy.read32(this.#register));
    return this.#burst !== 0;
  }

  /** A burst as the profile lets it through. [BUGS K-13] */
  limited(burst: number): number {
    const { rules, log } = this.parts;
    if (rules.burstLimit === undefined || burst <= rules.burstLimit) return burst;
    log.warn(`Bad burstcnt read: ${burst}`);
    return rules.burstLimit;
  }

  get #register(): number {
    return locality(TPM_STS, this.locality.current);
  }

  #believe(status: number): number {
    const { rules, log } = this.parts;
    if ((status & rules.invalidStatus) === 0) return status;
    if (!this.#hasComplained) {
      this.#hasComplained = true;
      log.error(`invalid TPM_STS.x 0x${status.toString(16).padStart(2, '0')}, dumping stack for forensics`);
    }
    return 0;
  }
}
