import type { Instant } from '../units/index.ts';
import { NOTHING } from './events.ts';
import type { TraceSource } from './source.ts';

/** Share of an excerpt's bytes that lie before its middle: what led to a breach says more than what followed. */
const BEFORE = 3 / 4;

/**
 * The part of a trace around `at`, or its end without `at`, that has at most `mostBytes` on the wire. A shorter trace
 * is returned whole.
 */
export function excerptOf(source: TraceSource, mostBytes: number, at?: Instant): TraceSource {
  const falls: number[] = [];
  const rises: number[] = [];
  const sizes: number[] = [];
  let total = 0;
  source.replay({
    ...NOTHING,
    frame: ({ fall, rise, sent }) => {
      falls.push(fall);
      rises.push(rise);
      sizes.push(sent.length);
      total += sent.length;
    },
  });
  if (total <= mostBytes) return source;
  const middle =
    at === undefined
      ? falls.length - 1
      : Math.max(
          0,
          falls.findLastIndex((fall) => fall <= at),
        );
  let [first, last] = [middle, middle];
  let left = mostBytes - sizes[middle]!;
  const goBack = (rest: number): void => {
    while (first > 0 && left - sizes[first - 1]! >= rest) left -= sizes[--first]!;
  };
  goBack(left * (1 - BEFORE));
  while (last + 1 < sizes.length && left >= sizes[last + 1]!) left -= sizes[++last]!;
  // What the end of the trace leaves over.
  goBack(0);
  return within(source, falls[first]!, rises[last]!);
}

/** What lies wholly in the window. */
const within = (source: TraceSource, from: number, to: number): TraceSource => ({
  dropped: source.dropped,
  replay: (sink) => {
    const isInside = (begun: Instant, ended: Instant = begun): boolean => begun >= from && ended <= to;
    source.replay({
      frame: (frame) => {
        if (isInside(frame.fall, frame.rise)) sink.frame(frame);
      },
      select: (fall, rise) => {
        if (isInside(fall, rise)) sink.select(fall, rise);
      },
      edge: (line, isAsserted, at) => {
        if (isInside(at)) sink.edge(line, isAsserted, at);
      },
      power: (isOn, at) => {
        if (isInside(at)) sink.power(isOn, at);
      },
      failure: (begun, ended, text) => {
        if (isInside(begun, ended)) sink.failure(begun, ended, text);
      },
      log: (level, text, at) => {
        if (isInside(at)) sink.log(level, text, at);
      },
      mark: (text, at) => {
        if (isInside(at)) sink.mark(text, at);
      },
    });
  },
});
