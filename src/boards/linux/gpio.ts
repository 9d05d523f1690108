import type { Duration, Instant } from '../../units/index.ts';
import type { HostClock } from './host-clock.ts';
import type { GpioKind, LineOptions } from './options.ts';

/** One line of the host as an output. Values are logical. */
export interface OutputPin {
  write(isAsserted: boolean): void;
  close(): void;
}

/** The listeners that are told of a pin's assertions, in order. */
export interface EdgeListener {
  asserted(at: Instant): void;
  /** This many edges came, and their times are lost. */
  lost(count: number): void;
}

/**
 * One line of the host as an input. It watches for assertions alone: a ready pulse of some microseconds is over before a
 * host that is told of both edges looks which of them it was, and often makes one interrupt of the two. [CHIP 3]
 */
export interface InputPin {
  /** How far a stamp may be from its edge. */
  readonly uncertainty: Duration;
  readonly isAsserted: boolean;
  /** Tells of the edges that have come since the last call; of a pin that tells by itself, none are left. */
  collect(): void;
  /** Returns when an edge may have come, or `limit` has passed; lets the event loop turn if none came soon. */
  pause(limit: Duration): Promise<void>;
  close(): void;
}

/** Open drain drives low alone and lets go instead of driving high, so that the other side makes its own level. */
export type OutputDrive = 'push-pull' | 'open-drain';

/** The GPIO lines of this host, one way of reaching them. */
export interface Gpio {
  readonly kind: GpioKind;
  /** Not asserted from the start. @throws LineMissing */
  openOutput(net: string, line: LineOptions, drive: OutputDrive): OutputPin;
  /** @throws LineMissing */
  openInput(net: string, line: LineOptions, clock: HostClock, listener: EdgeListener): InputPin;
}
