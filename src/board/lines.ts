import type { Duration, Instant } from '../units/index.ts';
import { HilError, LabFailure } from '../units/index.ts';

/** Nets of the board as their documents name them. Code says asserted and deasserted; polarity is known to the board. */
export type LineName = 'CS_L' | 'INT_AP_L' | 'TPM_RST_L';

/** An output of the host or of the rig controller. */
export interface DriveLine {
  readonly name: LineName;
  readonly isAsserted: boolean;
  assert(): Promise<void>;
  deassert(): Promise<void>;
}

/** A change of a line, by the level that it changes to. */
export type Edge = 'asserted' | 'deasserted';

/**
 * The edges of one kind on one line, from the moment of arming until it is closed.
 * @throws EdgesLost from `take` and `next`, once, when edges came that the host could not keep.
 */
export interface EdgeWatch {
  /** The oldest edge not yet taken, without waiting; undefined when there is none. */
  take(): Instant | undefined;
  /** The oldest edge not yet taken, waited for at most `limit`; undefined when the limit passed first. */
  next(limit: Duration): Promise<Instant | undefined> | Instant | undefined;
  close(): void;
}

/** An input of the host whose edges are stamped by the board. */
export interface EdgeSource {
  readonly name: LineName;
  readonly isAsserted: boolean;
  /** How far a stamp may be from the edge. */
  readonly uncertainty: Duration;
  /** False where only assertions are told: the host is too slow to see the end of a ready pulse. Drivers then arm those. */
  readonly tellsEnds?: boolean;

  /**
   * Edges before `arm` are never reported, so arm before the frame that causes the edge.
   * @throws LineUnavailable when the line cannot be requested.
   */
  arm(edge: Edge): EdgeWatch;

  /** Calls `observer` at every edge until the result is called. For recorders; drivers arm. */
  observe(observer: (edge: Edge, at: Instant) => void): () => void;
}

/** The request for a line failed. */
export class LineUnavailable extends HilError {
  readonly blames = 'rig';

  constructor(
    readonly line: LineName,
    /** Positive error number: 16 when the line is in use, 517 when its interrupt controller is not ready yet. */
    readonly errno: number,
    options?: ErrorOptions,
  ) {
    super(`Line ${line} cannot be watched: error ${errno}.`, options);
  }
}

/** Edges came faster than the host took them, and the trace of the line has a gap. */
export class EdgesLost extends LabFailure {
  readonly blames = 'rig';

  constructor(
    readonly line: LineName,
    readonly count: number,
  ) {
    super(
      `${count} edges on ${line} were lost: they came faster than this host took them. Nothing can be said of what followed; look for noise on the line, or for another program that keeps the host busy.`,
    );
  }
}
