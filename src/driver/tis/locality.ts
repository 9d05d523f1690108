import type { Duration } from '../../units/index.ts';
import { ACCESS, locality, TPM_ACCESS } from '../../wire/index.ts';
import { LocalityRefused, DriverError } from '../errors.ts';
import type { TisParts } from './tis-parts.ts';
import { poll } from './tis-parts.ts';
import type { Work } from '../work.ts';

const ACTIVE = ACCESS.valid | ACCESS.activeLocality;

/** Claims and releases of localities through TPM_ACCESS. [DRIVER 2.3] */
export class Locality {
  /** The locality last owned; commands go through its registers. */
  current = 0;

  constructor(private readonly parts: TisParts) {}

  /** Whether `which` is ours; a read that fails says no. */
  *isOwned(which: number): Work<boolean> {
    const { mask, value } = this.parts.rules.localityCheck;
    const access = yield* this.#read(which);
    if (access === undefined || (access & mask) !== value) return false;
    this.current = which;
    return true;
  }

  /** @throws LocalityRefused when it is not granted within `limit`, timeout A unless told otherwise. */
  *request(which: number, limit: Duration = this.parts.rules.timeouts.a): Work<void> {
    const { phy, rules } = this.parts;
    if (yield* this.isOwned(which)) return;
    yield* phy.write8(locality(TPM_ACCESS, which), ACCESS.requestUse);
    const isGranted = yield* poll(this.parts, limit, rules.pauses.locality, () => this.isOwned(which));
    if (!isGranted) throw new LocalityRefused(which, limit);
  }

  *release(which: number): Work<void> {
    const { phy, rules } = this.parts;
    yield* phy.write8(locality(TPM_ACCESS, which), ACCESS.activeLocality);
    if (!rules.waitsForRelease) return;
    yield* poll(this.parts, rules.timeouts.a, rules.pauses.locality, () => this.#isReleased(which));
  }

  *#isReleased(which: number): Work<boolean> {
    const access = yield* this.#read(which);
    return access !== undefined && (access & ACTIVE) === ACCESS.valid;
  }

  *#read(which: number): Work<number | undefined> {
    try {
      return yield* this.parts.phy.read8(locality(TPM_ACCESS, which));
    } catch (error) {
      if (error instanceof DriverError) return undefined;
      throw error;
    }
  }
}
