import type { TraceSink } from './events.ts';

/** Where a trace comes from: a recorder, or a capture that was read from a file. */
export interface TraceSource {
  /** Events that are missing at the beginning because the memory was full. */
  readonly dropped: number;
  /** Tells `sink` everything, in the order of the ends of the events. */
  replay(sink: TraceSink): void;
}
