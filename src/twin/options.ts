import type { Duration, Hertz, Instant } from '../units/index.ts';
import type { Intervention } from './interventions.ts';
import type { ReferenceChip } from './reference.ts';
import type { SharedChance } from './tpm-answers.ts';

/** What the twin is told of chip and board, beside the trace. */
export interface TwinOptions {
  readonly chip: ReferenceChip;
  /**
   * The trace begins with a blank chip whose supply is off. When this is false, nobody knows what the chip has
   * stored.
   */
  readonly isFresh: boolean;
  /**
   * The chip under test has another TPM library than the twin, such as swtpm. Then only the shape of TPM responses is
   * checked.
   */
  readonly isForeign?: boolean;
  /** Whether the chip under test draws what a chip with the seed in `chip` draws; `no` when absent. */
  readonly sharedChance?: SharedChance;
  /** Whether every edge of a line is in the trace. */
  readonly sees: { readonly ready: boolean; readonly reset: boolean; readonly supply: boolean };
  /** How far a stamp may be from the truth. */
  readonly resolution: Duration;
  /** Clock rate of the bus. Without it the twin estimates it from the frames. */
  readonly sck?: Hertz;
  /** The moment up to which the trace is complete; its last event when absent. */
  readonly end?: Instant;
  readonly interventions?: readonly Intervention[];
}
