import type { Instant } from '../../units/index.ts';
import { between, inMs } from '../../units/index.ts';
import { STS, TPM_STS } from '../../wire/index.ts';
import type { Access } from '../decode/access.ts';
import { isStatusRead } from './command-stages.ts';

/** What the TPM stored since a reset is written 3 s after it, in some 45 ms. [CHIP 5.4] */
const HELD_BACK_MS = 3200;

/** When the chip may write its flash, which delays everything else that it does. [CHIP 1.4] */
export class FlashWrites {
  #isExecuting = false;
  #restarted = NaN as Instant;

  see(access: Access): void {
    if (access.offset !== TPM_STS) return;
    if (access.direction === 'write') {
      if (access.value === STS.tpmGo) this.#isExecuting = true;
    } else if (isStatusRead(access) && (access.value & STS.dataAvail) !== 0) this.#isExecuting = false;
  }

  /** The TPM or the chip starts again. A command that runs is not ended by it. */
  restart(at: Instant): void {
    this.#restarted = at;
  }

  /** Whether it may write at this moment: a command runs, or was left while it ran, or a reset was not long ago. */
  mayRunAt(at: Instant): boolean {
    return this.#isExecuting || inMs(between(this.#restarted, at)) < HELD_BACK_MS;
  }
}
