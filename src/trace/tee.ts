import type { EndingSink, TraceSink } from './events.ts';

/** One sink that passes everything on to several, in their order. */
export function tee(...sinks: readonly TraceSink[]): TraceSink {
  return {
    frame: (frame) => {
      for (const sink of sinks) sink.frame(frame);
    },
    select: (fall, rise) => {
      for (const sink of sinks) sink.select(fall, rise);
    },
    edge: (line, isAsserted, at) => {
      for (const sink of sinks) sink.edge(line, isAsserted, at);
    },
    power: (isOn, at) => {
      for (const sink of sinks) sink.power(isOn, at);
    },
    failure: (from, to, text) => {
      for (const sink of sinks) sink.failure(from, to, text);
    },
    log: (level, text, at) => {
      for (const sink of sinks) sink.log(level, text, at);
    },
    mark: (text, at) => {
      for (const sink of sinks) sink.mark(text, at);
    },
    unseen: (line, isUnseen, at) => {
      for (const sink of sinks) sink.unseen?.(line, isUnseen, at);
    },
  };
}

/** The same of sinks that are told when the trace is over. */
export const teeToEnd = (...sinks: readonly EndingSink[]): EndingSink => ({
  ...tee(...sinks),
  end: () => {
    for (const sink of sinks) sink.end();
  },
});

/** A sink that has nothing to do at the end. */
export const withoutEnd = (sink: TraceSink): EndingSink => ({ ...tee(sink), end: () => undefined });
