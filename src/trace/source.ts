import type { Instant } from '../units/index.ts';
import type { TraceSink } from './events.ts';

/** Where a trace comes from: a recorder, or a capture that was read from a file. */
export interface TraceSource {
  /** Events that are missing at the beginning because the memory was full. */
  readonly dropped: number;
  /** Tells `sink` everything, in the order of the ends of the events. */
  replay(sink: TraceSink): void;
}

/** When the first thing of a trace began; 0 when there is none. It is what texts count their time from. */
export function beginningOf(source: TraceSource): Instant {
  let beginning = Infinity;
  const note = (from: Instant): void => {
    if (from < beginning) beginning = from;
  };
  source.replay({
    frame: ({ fall }) => {
      note(fall);
    },
    select: note,
    edge: (_line, _isAsserted, at) => {
      note(at);
    },
    power: (_isOn, at) => {
      note(at);
    },
    failure: note,
    log: (_level, _text, at) => {
      note(at);
    },
    mark: (_text, at) => {
      note(at);
    },
  });
  return (beginning === Infinity ? 0 : beginning) as Instant;
}
