import { expect, test } from '@playwright/test';
import { Completion, FrameEdges, NoEvidence, perform } from '../../src/driver/index.ts';
import { ms, us } from '../../src/units/index.ts';
import { FakeBoard } from './fake-board.ts';

function counting() {
  const board = new FakeBoard();
  const completion = new Completion(board.clock, board.ready.arm('deasserted'));
  return { clock: board.clock, ready: board.ready, completion };
}

function framed() {
  const board = new FakeBoard();
  const edges = new FrameEdges(board.clock, board.ready.arm('asserted'), board.ready.uncertainty);
  return { clock: board.clock, ready: board.ready, edges };
}

test('a completion counts edges that nobody waited for, and gives each once', async () => {
  const { clock, ready, completion } = counting();
  ready.pulse();
  clock.advance(us(20));
  ready.pulse();
  clock.advance(us(20));
  expect(completion.count).toBe(2);
  expect(completion.take()).toBe(true);
  expect(await perform(completion.wait(ms(1)))).toBe(true);
  expect(completion.take()).toBe(false);
});

test('a wait ends with the edge that arrives within its limit', async () => {
  const { clock, ready, completion } = counting();
  clock.after(us(300), () => {
    ready.pulse();
  });
  expect(await perform(completion.wait(ms(2)))).toBe(true);
  expect(clock.now()).toBe(us(308));
});

test('a wait runs out when no edge arrives, and takes exactly its limit', async () => {
  const { clock, completion } = counting();
  expect(await perform(completion.wait(ms(2)))).toBe(false);
  expect(clock.now()).toBe(ms(2));
});

test('the data phase of a frame forgets every edge before it and keeps the one after', () => {
  const { clock, ready, completion } = counting();
  ready.pulse();
  clock.advance(us(100));
  const data = clock.now();
  clock.advance(us(10));
  ready.pulse();
  clock.advance(us(10));
  completion.frameEnded(data);
  expect(completion.count).toBe(1);
});

test('an edge that the data phase forgets has still been seen', () => {
  const { clock, ready, completion } = counting();
  ready.pulse();
  clock.advance(us(100));
  completion.frameEnded(clock.now());
  expect(completion.count).toBe(0);
  expect(completion.isSeen).toBe(true);
});

test('a late pulse of the last frame, inside the data phase, is taken for this one by a count', () => {
  // [BUGS L-16]
  const { clock, ready, completion } = counting();
  const data = clock.now();
  clock.advance(us(100));
  ready.pulse();
  clock.advance(us(100));
  completion.frameEnded(data);
  expect(completion.take()).toBe(true);
});

test('a late pulse of the last frame is not believed when only later edges are', () => {
  // [BUGS L-16]
  const { clock, ready, edges } = framed();
  const data = clock.now();
  clock.advance(us(100));
  ready.pulse();
  clock.advance(us(100));
  edges.frameEnded(data, clock.now());
  expect(edges.take()).toBe(false);
  clock.advance(us(1));
  ready.pulse();
  expect(edges.take()).toBe(true);
});

test('an edge later than the end of the frame releases the wait', async () => {
  const { clock, ready, edges } = framed();
  edges.frameEnded(clock.now(), clock.now());
  clock.after(us(40), () => {
    ready.pulse();
  });
  expect(await perform(edges.wait(ms(10)))).toBe(true);
  expect(clock.now()).toBe(us(40));
  expect(edges.isSeen).toBe(true);
});

test('a wait for an edge later than the frame runs out past stale edges', async () => {
  const { clock, ready, edges } = framed();
  ready.pulse();
  clock.advance(us(10));
  edges.frameEnded(clock.now(), clock.now());
  expect(await perform(edges.wait(ms(10)))).toBe(false);
  expect(clock.now()).toBe(ms(10) + us(10));
});

test('edges beyond one a frame are counted as extra, a pulse that nobody waited for is not', () => {
  const { clock, ready, edges } = framed();
  edges.frameEnded(clock.now(), clock.now());
  clock.advance(us(1));
  ready.pulse();
  clock.advance(us(50));
  edges.frameEnded(clock.now(), clock.now());
  expect(edges.take()).toBe(false);
  expect(edges.extra).toBe(0);
  clock.advance(us(1));
  for (let i = 0; i < 3; i++) {
    ready.pulse();
    clock.advance(us(20));
  }
  expect(edges.take()).toBe(true);
  edges.frameEnded(clock.now(), clock.now());
  expect(edges.take()).toBe(false);
  expect(edges.extra).toBe(2);
});

test('without a line every wait is a plain delay', async () => {
  const { clock } = new FakeBoard();
  const none = new NoEvidence(clock);
  expect(none.take()).toBe(false);
  expect(await perform(none.wait(ms(2)))).toBe(false);
  expect(clock.now()).toBe(ms(2));
});
