import type { Duration, Instant } from '../../../units/index.ts';

/** What vendor commands need of the chip around them. */
export interface VendorHost {
  now(): Instant;
  /** Resets the whole chip; at once without a delay. */
  resetChip(delay: Duration): void;
  /** The TPM serves nobody from then on until the chip reboots. */
  disableTpm(): void;
  /** No deep sleep during the next assertion of TPM_RST_L. */
  keepAwake(): void;
}
