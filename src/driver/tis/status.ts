import type { Duration } from '../../units/index.ts';
import { burstCountOf, locality, STS, TPM_STS } from '../../wire/index.ts';
import { BurstCountZero, DriverError, StatusTimeout } from '../errors.ts';
import type { Locality } from './locality.ts';
import type { TisParts } from './tis-parts.ts';
import { poll } from './tis-parts.ts';

/** TPM_STS of the current locality. [DRIVER 2.4] */
export class Status {
  #hasComplained = false;

  constructor(
    private readonly parts: TisParts,
    private readonly locality: Locality,
  ) {}

  /** The status byte; 0 when it cannot be read or cannot be right. */
  async read(): Promise<number> {
    try {
      return this.#believe(await this.parts.phy.read8(this.#register));
    } catch (error) {
      if (error instanceof DriverError) return 0;
      throw error;
    }
  }

  /** Status and burstCount in one read of four bytes; 0 when they cannot be right. */
  async readWord(): Promise<number> {
    const word = await this.parts.phy.read32(this.#register);
    return this.#believe(word & 0xff) === 0 ? 0 : word;
  }

  /** @throws StatusTimeout unless all bits of `mask` are set within `limit`. At least two looks are taken. */
  async waitFor(mask: number, limit: Duration): Promise<void> {
    const { clock, rules } = this.parts;
    let status = await this.read();
    if ((status & mask) === mask) return;
    await clock.sleep(rules.pauses.status);
    const isSet = await poll(this.parts, limit, rules.pauses.status, async () => {
      status = await this.read();
      return (status & mask) === mask;
    });
    if (!isSet) throw new StatusTimeout(mask, status, limit);
  }

  /** Writes commandReady: readies, aborts or drops a response, as the state has it. The result is ignored. */
  async ready(): Promise<void> {
    try {
      await this.write(STS.commandReady);
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
  }

  write(bit: number): Promise<void> {
    return this.parts.phy.write8(this.#register, bit);
  }

  /** @throws BurstCountZero when it stays 0 for timeout A. */
  async burstCount(): Promise<number> {
    const { phy, rules } = this.parts;
    let burst = 0;
    const isThere = await poll(this.parts, rules.timeouts.a, rules.pauses.status, async () => {
      burst = burstCountOf(await phy.read32(this.#register));
      return burst !== 0;
    });
    if (!isThere) throw new BurstCountZero(rules.timeouts.a);
    return this.limited(burst);
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
