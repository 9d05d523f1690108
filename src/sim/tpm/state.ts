import { createHmac } from 'node:crypto';
import type { Duration, Instant } from '../../units/index.ts';
import { between } from '../../units/index.ts';
import type { Random } from '../random.ts';
import { Pcrs } from './pcrs.ts';
import { Sequences } from './sequences.ts';

/** What the library remembers between commands. */
export class TpmState {
  readonly pcrs = new Pcrs();
  readonly sequences = new Sequences();
  isStarted = false;
  /** Shutdown(STATE) was the last thing that changed anything. */
  isSaved = false;
  isOrderly = true;
  resetCount = 0;
  restartCount = 0;
  readonly #proof: Uint8Array;
  #poweredAt: Instant;

  constructor(
    readonly random: Random,
    private readonly now: () => Instant,
  ) {
    this.#proof = random.fork('proof').bytes(32);
    this.#poweredAt = now();
  }

  /** TPM_RST_L: RAM is lost, what Shutdown(STATE) saved is kept. [CHIP 6] */
  reset(): void {
    this.isStarted = false;
    this.sequences.clear();
  }

  powerCycle(): void {
    this.reset();
    this.#poweredAt = this.now();
  }

  get upTime(): Duration {
    return between(this.#poweredAt, this.now());
  }

  /** The code by which the TPM knows a digest of its own making again. */
  ticketOf(hierarchy: number, digest: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#proof)
      .update(Uint8Array.of(hierarchy >>> 24, hierarchy >>> 16, hierarchy >>> 8, hierarchy))
      .update(digest)
      .digest();
  }
}
