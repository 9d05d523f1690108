import type { Clock } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/** Tells a driver from the edges on INT_AP_L when the chip can take the next frame. */
export interface ReadyEvidence {
  /** At least one edge has ever been seen. */
  readonly isSeen: boolean;
  /** Edges that no frame explains. */
  readonly extra: number;
  /** Takes an edge that is already there. */
  take(): boolean;
  /** Takes an edge, waiting for it at most `limit`; false when none came. */
  wait(limit: Duration): Work<boolean>;
  /** A frame reached its data at `data` and ended at `end`. */
  frameEnded(data: Instant, end: Instant): void;
  /** A frame failed before its data, at `end`. */
  frameFailed(end: Instant): void;
  /** Forgets what was seen of past frames. */
  forget(): void;
  close(): void;
}

/** No line at all: every wait is a plain delay. */
export class NoEvidence implements ReadyEvidence {
  readonly isSeen = false;
  readonly extra = 0;

  constructor(private readonly clock: Clock) {}

  take(): boolean {
    return false;
  }

  *wait(limit: Duration): Work<boolean> {
    yield* waited(this.clock.sleep(limit));
    return false;
  }

  frameEnded(): void {
    // Nothing to relate to the frame.
  }

  frameFailed(): void {
    // Nothing to relate to the frame.
  }

  forget(): void {
    // Nothing was seen.
  }

  close(): void {
    // Nothing was taken.
  }
}
