import type { Duration, Instant } from '../../units/index.ts';
import { later, plus, seconds, ZERO } from '../../units/index.ts';
import type { Timing } from './timing.ts';

/** After a TPM reset nothing is written to flash for this long, unless COMMIT_NVMEM comes first. [CHIP 5.4] */
const HELD_AFTER_RESET = seconds(3);

const COMMIT_NVMEM = 21;

/** Commands that change what lies in flash, by command code. */
const WRITERS: ReadonlySet<number> = new Set([
  0x11f, // NV_UndefineSpaceSpecial
  0x120, // EvictControl
  0x122, // NV_UndefineSpace
  0x124, // ChangeEPS
  0x125, // ChangePPS
  0x126, // Clear
  0x127, // ClearControl
  0x129, // HierarchyChangeAuth
  0x12a, // NV_DefineSpace
  0x12e, // SetPrimaryPolicy
  0x132, // NV_GlobalWriteLock
  0x134, // NV_Increment
  0x135, // NV_SetBits
  0x136, // NV_Extend
  0x137, // NV_Write
  0x138, // NV_WriteLock
  0x139, // DictionaryAttackLockReset
  0x13a, // DictionaryAttackParameters
  0x13b, // NV_ChangeAuth
  0x144, // Startup
  0x145, // Shutdown
  0x14f, // NV_ReadLock
]);

/** When changes of non-volatile memory reach the flash, and how long commands take longer for it. [CHIP 5.4] */
export class NvCommits {
  #heldUntil = 0 as Instant;
  #isPending = false;

  constructor(private readonly timing: Timing) {}

  /** Changes that are pending are written as part of the reset. */
  reset(now: Instant): void {
    this.#isPending = false;
    this.#heldUntil = later(now, HELD_AFTER_RESET);
  }

  /** Time that the flash adds to a command that is fetched now. */
  costOf(code: number, vendorSubCommand: number | undefined, now: Instant): Duration {
    const wait = this.#flushHeld(now);
    if (vendorSubCommand === COMMIT_NVMEM) {
      const flush = this.#isPending ? this.timing.flushTime() : ZERO;
      this.#isPending = false;
      this.#heldUntil = now;
      return plus(wait, flush);
    }
    if (vendorSubCommand !== undefined || !WRITERS.has(code)) return wait;
    if (now >= this.#heldUntil) return plus(wait, this.timing.commitTime());
    this.#isPending = true;
    return wait;
  }

  /** Changes were pending when the 3 s ended. The task wrote them then, and may still be writing. */
  #flushHeld(now: Instant): Duration {
    if (!this.#isPending || now < this.#heldUntil) return ZERO;
    this.#isPending = false;
    return Math.max(0, later(this.#heldUntil, this.timing.flushTime()) - now) as Duration;
  }
}
