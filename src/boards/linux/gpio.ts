import type { Edge } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import type { HostClock } from './host-clock.ts';
import type { GpioKind, LineOptions } from './options.ts';

/** One line of the host as an output. Values are logical. */
export interface OutputPin {
  write(isAsserted: boolean): void;
  close(): void;
}

/** Who is told what a pin saw, in order. */
export interface EdgeListener {
  edge(edge: Edge, at: Instant): void;
  /** So many edges came and cannot be told any more. */
  lost(count: number): void;
}

/** One line of the host as an input. */
export interface InputPin {
  /** How far a stamp may be from its edge. */
  readonly uncertainty: Duration;
  readonly isAsserted: boolean;
  /** Tells of the edges that have come since the last call; of those a pin tells by itself nothing is left to tell. */
  collect(): void;
  /** Returns when an edge may have come, or `limit` has passed; lets the event loop turn if none came soon. */
  pause(limit: Duration): Promise<void>;
  close(): void;
}

/** The GPIO lines of this host, one way of reaching them. */
export interface Gpio {
  readonly kind: GpioKind;
  /** Not asserted from the start. @throws LineMissing */
  openOutput(net: string, line: LineOptions): OutputPin;
  /** @throws LineMissing */
  openInput(net: string, line: LineOptions, clock: HostClock, listener: EdgeListener): InputPin;
}
