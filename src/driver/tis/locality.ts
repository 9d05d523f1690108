import type { Duration } from '../../units/index.ts';
import { ACCESS, locality, TPM_ACCESS } from '../../wire/index.ts';
import { LocalityRefused, DriverError } from '../errors.ts';
import type { TisParts } from './tis-parts.ts';
import { poll } from './tis-parts.ts';

const ACTIVE = ACCESS.valid | ACCESS.activeLocality;

/** Claims and releases of localities through TPM_ACCESS. [DRIVER 2.3] */
export class Locality {
  /** The locality last owned; commands go through its registers. */
  current = 0;

  constructor(private readonly parts: TisParts) {}

  /** Whether `which` is ours; a read that fails says no. */
  async isOwned(which: number): Promise<boolean> {
    const { mask, value } = this.parts.rules.localityCheck;
    const access = await this.#read(which);
    if (access === undefined || (access & mask) !== value) return false;
    this.current = which;
    return true;
  }

  /** @throws LocalityRefused when it is not granted within `limit`, timeout A unless told otherwise. */
  async request(which: number, limit: Duration = this.parts.rules.timeouts.a): Promise<void> {
    const { phy, rules } = this.parts;
    if (await this.isOwned(which)) return;
    await phy.write8(locality(TPM_ACCESS, which), ACCESS.requestUse);
    const isGranted = await poll(this.parts, limit, rules.pauses.locality, () => this.isOwned(which));
    if (!isGranted) throw new LocalityRefused(which, limit);
  }

  async release(which: number): Promise<void> {
    const { phy, rules } = this.parts;
    await phy.write8(locality(TPM_ACCESS, which), ACCESS.activeLocality);
    if (!rules.waitsForRelease) return;
    await poll(this.parts, rules.timeouts.a, rules.pauses.locality, async () => {
      const access = await this.#read(which);
      return access !== undefined && (access & ACTIVE) === ACCESS.valid;
    });
  }

  async #read(which: number): Promise<number | undefined> {
    try {
      return await this.parts.phy.read8(locality(TPM_ACCESS, which));
    } catch (error) {
      if (error instanceof DriverError) return undefined;
      throw error;
    }
  }
}
