import { expect, test } from '@playwright/test';
import type { SpiStep } from '../../../src/board/index.ts';
import { SpiFailure, WaitStateTimeout } from '../../../src/board/index.ts';
import type { BusDisturbance } from '../../../src/boards/sim/spi-device.ts';
import { SimSpiDevice } from '../../../src/boards/sim/spi-device.ts';
import { VirtualClock } from '../../../src/sim/clock.ts';
import { BEGINNING, hertz, instant, ms, us } from '../../../src/units/index.ts';

const TIMING = { turnaround: us(10), csSetup: us(4), csHold: us(5), messageGap: us(2) };

/** A target that answers with `answers` in turn, then with 0, and notes every edge with its time in us. */
function bench(answers: readonly number[] = [], disturbance?: BusDisturbance) {
  const clock = new VirtualClock();
  const edges: string[] = [];
  const heard: number[] = [];
  let at = 0;
  const target = {
    select: () => edges.push(`fall ${clock.now() / 1000}`),
    shift: (mosi: number) => {
      heard.push(mosi);
      return answers[at++] ?? 0;
    },
    deselect: () => edges.push(`rise ${clock.now() / 1000}`),
  };
  const spi = new SimSpiDevice(clock, target, hertz(1_000_000), TIMING);
  if (disturbance) spi.disturb = () => disturbance;
  return { clock, edges, heard, spi };
}

const HEADER: SpiStep = { kind: 'exchange', bytes: Uint8Array.of(0x80, 0xd4, 0, 0) };
const poll = (limit = ms(750), more: object = {}): SpiStep => ({
  kind: 'poll',
  mask: 1,
  value: 1,
  limit,
  timeoutFirst: false,
  ...more,
});

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

test('a read frame clocks header, wait bytes and data under one CS assertion', () => {
  const { spi, edges, heard } = bench([0, 0, 0, 0, 0, 0, 1, 0xa0]);
  const record = spi.transaction([HEADER, poll(), { kind: 'read', size: 1 }]);
  expect(heard).toEqual([0x80, 0xd4, 0, 0, 0, 0, 0, 0]);
  expect([...record.received]).toEqual([0, 0, 0, 0, 0, 0, 1, 0xa0]);
  expect([record.pollAt, record.polled]).toEqual([4, 3]);
  // 10 us turnaround; 4 us set-up, 4 bytes of 8 us, 3 polls of 2 + 8 us, 1 byte of 8 us, 5 us hold
  expect(edges).toEqual(['fall 10', 'rise 89']);
  expect([record.fall, record.polledUntil, record.rise]).toEqual([10_000, 76_000, 89_000]);
});

test('a write frame sends its bytes after the ready byte', () => {
  const { spi, heard } = bench([0, 0, 0, 0, 1, 1]);
  const record = spi.transaction([HEADER, poll(), { kind: 'write', bytes: Uint8Array.of(0x02) }]);
  expect(heard).toEqual([0x80, 0xd4, 0, 0, 0, 0x02]);
  expect([...record.sent]).toEqual(heard);
});

test('a transaction of a delay alone is CS asserted without a clock', () => {
  const { spi, edges, heard } = bench();
  const record = spi.transaction([{ kind: 'delay', duration: us(1000) }]);
  expect(heard).toEqual([]);
  expect(edges).toEqual(['fall 10', 'rise 1010']);
  expect(record.sent.length).toBe(0);
});

test('a poll that never succeeds ends just after its limit, releases CS and says how many bytes it waited', () => {
  const { spi, edges, clock } = bench();
  const failure = thrownBy(() => spi.transaction([HEADER, poll(us(100))]));
  expect(failure).toBeInstanceOf(WaitStateTimeout);
  // starts at 46 us; byte k ends at 46 + 10 k us; the first end after 146 us is that of byte 11
  expect((failure as WaitStateTimeout).waitBytes).toBe(11);
  expect(clock.now()).toBe(156_000);
  expect(edges).toEqual(['fall 10', 'rise 156']);
});

test('a ready byte at the limit itself is in time', () => {
  const { spi } = bench([0, 0, 0, 0, ...Array<number>(9).fill(0), 1]);
  const record = spi.transaction([HEADER, poll(us(100))]);
  expect(record.polled).toBe(10);
});

for (const [timeoutFirst, outcome] of [
  [true, 'a timeout'],
  [false, 'a success'],
] as const)
  test(`a ready byte in the first poll after the limit is ${outcome} when timeoutFirst is ${timeoutFirst}`, () => {
    const { spi } = bench([0, 0, 0, 0, ...Array<number>(10).fill(0), 1]);
    const run = () => spi.transaction([HEADER, poll(us(100), { timeoutFirst })]);
    if (timeoutFirst) expect(run).toThrow(WaitStateTimeout);
    else expect(run().polled).toBe(11);
  });

test('on ticks a limit of one tick ends at the second tick edge after the start', () => {
  const { spi, clock } = bench();
  const grid = { tick: ms(4), origin: instant(1_000_000) };
  expect(() => spi.transaction([HEADER, poll(ms(2), { grid })])).toThrow(WaitStateTimeout);
  // ticks at 1, 5, 9 ms ...: the start lies before the tick at 1 ms, so more than one tick has passed at 5 ms
  expect(clock.now()).toBeGreaterThanOrEqual(5_000_000);
  expect(clock.now()).toBeLessThan(5_010_000);
});

test('CS stays asserted after a timeout only when that is asked for; the next frame goes on, a delay ends it', () => {
  const { spi, edges } = bench();
  expect(() => spi.transaction([HEADER, poll(us(10))], { csStaysLowAfterError: true })).toThrow();
  expect(spi.isHeld).toBe(true);
  expect(edges).toEqual(['fall 10']);
  spi.transaction([{ kind: 'delay', duration: us(1000) }]);
  expect(edges).toHaveLength(2);
  expect(edges[1]).toMatch(/^rise/);
});

test('a frame after a held CS begins without a CS edge and ends with one', () => {
  const { spi, edges } = bench();
  expect(() => spi.transaction([HEADER, poll(us(10))], { csStaysLowAfterError: true })).toThrow();
  spi.transaction([HEADER, { kind: 'read', size: 1 }]);
  expect(edges.map((edge) => edge.split(' ')[0])).toEqual(['fall', 'rise']);
});

test('a bus that fails releases CS and says its error number', () => {
  const { spi, edges } = bench([], { errno: 5 });
  const failure = thrownBy(() => spi.transaction([HEADER]));
  expect(failure).toBeInstanceOf(SpiFailure);
  expect((failure as SpiFailure).errno).toBe(5);
  expect(edges).toEqual(['rise 10']);
});

test('a flipped bit alters what the host receives and nothing else', () => {
  const { spi, heard } = bench([0, 0, 0, 0, 1, 0xa0], { flip: { byte: 5, mask: 0x10 } });
  const record = spi.transaction([HEADER, poll(), { kind: 'read', size: 1 }]);
  expect(record.received[5]).toBe(0xb0);
  expect(heard).toHaveLength(6);
});

test('a controller that cannot keep CS raises it between header and wait bytes', () => {
  const { spi, edges } = bench([0, 0, 0, 0, 1, 0], { csNotKept: true });
  spi.transaction([HEADER, poll(), { kind: 'read', size: 1 }]);
  expect(edges.map((edge) => edge.split(' ')[0])).toEqual(['fall', 'rise', 'fall', 'rise']);
});

test('a wake pulse that is lost leaves the wire untouched and takes its time all the same', () => {
  const { spi, edges, clock } = bench([], { pulseLost: true });
  spi.transaction([{ kind: 'delay', duration: us(1000) }]);
  expect(edges).toEqual([]);
  expect(clock.now()).toBe(1_010_000);
});

test('a stall longer than the first buffer loses no byte', () => {
  const { spi } = bench([0, 0, 0, 0, ...Array<number>(9000).fill(0), 1, 0x5a]);
  const record = spi.transaction([HEADER, poll(), { kind: 'read', size: 1 }]);
  expect(record.polled).toBe(9001);
  expect(record.received[record.received.length - 1]).toBe(0x5a);
  expect(record.fall).toBeGreaterThan(BEGINNING);
});
