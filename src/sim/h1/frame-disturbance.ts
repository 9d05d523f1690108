import type { Duration } from '../../units/index.ts';

/** What a fault does to one frame inside the chip. */
export interface FrameDisturbance {
  /** Exactly this many wait bytes; Infinity: until CS rises. */
  readonly waitBytes?: number;
  /** The wait state ends when this much time has passed since the header. */
  readonly stallTime?: Duration;
  /** 01 in the last header byte, and then the wait state. */
  readonly earlyReady?: boolean;
  /** The chip is busy for this long after the frame: a header that begins earlier is lost. */
  readonly busyAfter?: Duration;
  readonly pulse?: {
    readonly missing?: true;
    readonly delayBy?: Duration;
    readonly width?: Duration;
    /** A second pulse this long after the first one began. */
    readonly againAfter?: Duration;
  };
}

/** Asked once for each frame with data, when its first byte begins. */
export type Disturb = (frame: number) => FrameDisturbance | undefined;

/** A frame that no fault touches. */
export const NO_DISTURBANCE: FrameDisturbance = {};
