import { expect, test } from '@playwright/test';
import type { TraceSource } from '../../src/trace/index.ts';
import { excerptOf, NOTHING, renderVcd, TraceRecorder, UNKNOWN } from '../../src/trace/index.ts';
import type { Instant } from '../../src/units/index.ts';
import { hertz, instant } from '../../src/units/index.ts';

const FRAMES = 100;
const SIZE = 10;
const EVERY_NS = 1000;
const FRAME_NS = 400;

const fallOf = (frame: number): Instant => instant(frame * EVERY_NS);

/** A hundred frames of ten bytes, an edge after each, and a mark before each tenth. */
function recorded(): TraceRecorder {
  const recorder = new TraceRecorder();
  for (let frame = 0; frame < FRAMES; frame++) {
    const fall = fallOf(frame);
    if (frame % 10 === 0) recorder.mark(`step ${frame}`, instant(fall - 1));
    const bytes = new Uint8Array(SIZE).fill(frame);
    const rise = instant(fall + FRAME_NS);
    recorder.frame({ sent: bytes, received: bytes, pollAt: 4, polled: UNKNOWN, fall, rise });
    recorder.edge('INT_AP_L', true, instant(rise + 10));
  }
  return recorder;
}

/** The numbers of the frames, and how much else there is. */
function inside(source: TraceSource): { first: number; last: number; edges: number; marks: string[] } {
  const frames: number[] = [];
  const marks: string[] = [];
  let edges = 0;
  source.replay({
    ...NOTHING,
    frame: ({ sent }) => frames.push(sent[0]!),
    edge: () => edges++,
    mark: (text) => marks.push(text),
  });
  return { first: frames[0]!, last: frames.at(-1)!, edges, marks };
}

test('a trace that is short enough is its own excerpt', () => {
  const recorder = recorded();
  expect(excerptOf(recorder, FRAMES * SIZE, fallOf(50))).toBe(recorder);
});

test('an excerpt has at most the bytes that are asked for, three of four before its middle', () => {
  const { first, last, edges, marks } = inside(excerptOf(recorded(), 210, fallOf(50)));
  expect([first, last, edges]).toEqual([35, 55, 20]);
  expect(marks).toEqual(['step 40', 'step 50']);
});

test('an excerpt around nothing is the end of the trace, and none goes past either end', () => {
  expect(inside(excerptOf(recorded(), 200))).toMatchObject({ first: 80, last: 99 });
  expect(inside(excerptOf(recorded(), 200, fallOf(99)))).toMatchObject({ first: 80, last: 99 });
  expect(inside(excerptOf(recorded(), 200, instant(-5)))).toMatchObject({ first: 0, last: 19 });
});

test('a frame that is too long alone is an excerpt all the same', () => {
  expect(inside(excerptOf(recorded(), 3, fallOf(7)))).toMatchObject({ first: 7, last: 7, edges: 0 });
});

test('a value change dump of an excerpt says what it is', () => {
  const vcd = renderVcd(excerptOf(recorded(), 200), { sck: hertz(1e6), isExcerpt: true });
  expect(vcd).toContain('; an excerpt of a longer trace $end');
  expect(renderVcd(recorded(), { sck: hertz(1e6) })).not.toContain('excerpt');
});
