import type { FaultKind } from '../../board/index.ts';
import type { H1, VirtualClock } from '../../sim/index.ts';

/** The pins of a simulated chip, and what is known of it. */
export type SimulatedChip = Pick<
  H1,
  | 'select'
  | 'shift'
  | 'deselect'
  | 'outlook'
  | 'setReset'
  | 'setPower'
  | 'onReady'
  | 'disturb'
  | 'overrides'
  | 'description'
  | 'isAsleep'
  | 'counters'
>;
export type ChipCounters = SimulatedChip['counters'];

/** Where the board has its chip from. */
export interface ChipSource {
  /** The chip can be asked what it saw. */
  readonly hasView: boolean;
  readonly faults: ReadonlySet<FaultKind>;
  /** A chip without power and in reset, on a clock that stands at its beginning. */
  make(clock: VirtualClock, seed: number): SimulatedChip;
  close(): Promise<void>;
}
