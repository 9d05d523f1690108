import type { Duration, Hertz, Instant } from '../units/index.ts';
import type { Intervention } from './interventions.ts';
import type { ReferenceChip } from './reference.ts';

/** What is known of chip and board beside the trace. */
export interface TwinOptions {
  readonly chip: ReferenceChip;
  /** The trace begins with a blank chip without supply; else nobody knows what was before. */
  readonly isFresh: boolean;
  /** The TPM library is another one than ours: its answers are checked in their shape alone. */
  readonly isForeign?: boolean;
  /** Lines of which every edge is in the trace. */
  readonly sees: { readonly ready: boolean; readonly reset: boolean; readonly supply: boolean };
  /** How far a stamp may be from the truth. */
  readonly resolution: Duration;
  /** Clock rate of the bus; it is guessed from the frames without. */
  readonly sck?: Hertz;
  /** Until when the trace tells everything; until its last event without. */
  readonly end?: Instant;
  readonly interventions?: readonly Intervention[];
}
