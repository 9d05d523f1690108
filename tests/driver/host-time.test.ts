import { expect, test } from '@playwright/test';
import { VirtualClock } from '../../src/sim/clock.ts';
import { ExactTime, TICK_RATES, TickTime, ticks } from '../../src/driver/index.ts';
import { instant, ms, us } from '../../src/units/index.ts';

test('a wait of one tick at 250 Hz that begins 0.3 ms after a tick lasts 7.7 ms', () => {
  const clock = new VirtualClock();
  const time = new TickTime(clock, 250);
  clock.advance(us(300));
  const now = time.now();
  expect(time.waitUntil(now, time.add(now, ms(2)))).toBe(us(7700));
});

for (const rate of TICK_RATES)
  test(`a wait at ${rate} Hz ends on a tick, between n and n + 1 ticks after it began`, () => {
    const clock = new VirtualClock();
    const time = new TickTime(clock, rate);
    const tick = Math.round(1e9 / rate);
    for (const phase of [0.01, 0.25, 0.5, 0.99]) {
      clock.advanceTo(instant((Math.ceil(clock.now() / tick) + phase) * tick));
      const now = time.now();
      const wait = time.waitUntil(now, time.add(now, ms(20)));
      const n = Math.ceil((20 * rate) / 1000);
      expect(wait).toBeGreaterThanOrEqual(n * tick);
      expect(wait).toBeLessThanOrEqual((n + 1) * tick);
      expect((clock.now() + wait) % tick).toBe(0);
    }
  });

test('a coarse sleep of 1 ms takes 2 to 3 ticks', () => {
  const clock = new VirtualClock();
  clock.advance(us(2500));
  // [DRIVER 1.5]
  expect(new TickTime(clock, 1000).coarseSleep(ms(1))).toBe(us(2500));
  expect(new TickTime(clock, 100).coarseSleep(ms(1))).toBe(us(27_500));
});

test('ticks stand still from suspend to resume', () => {
  const clock = new VirtualClock();
  const time = new TickTime(clock, 1000, ticks(0));
  clock.advance(ms(10));
  time.suspend();
  clock.advance(ms(5000));
  time.resume();
  expect(time.now()).toBe(10);
  clock.advance(ms(3));
  expect(time.now()).toBe(13);
});

test('readings during a suspend never make time run backwards', () => {
  const clock = new VirtualClock();
  const time = new TickTime(clock, 1000, ticks(0));
  time.suspend();
  clock.advance(ms(7));
  expect(time.now()).toBe(7);
  clock.advance(ms(100));
  time.resume();
  expect(time.now()).toBe(7);
});

test('the tick counter of a host crosses its wrap', () => {
  const clock = new VirtualClock();
  const time = new TickTime(clock, 1000);
  clock.advance(ms(299_999));
  const before = time.now();
  clock.advance(ms(2));
  expect(before).toBe(0xffff_ffff);
  expect(time.now()).toBe(1);
  expect(time.isAtOrAfter(time.now(), before)).toBe(true);
});

test('exact time waits for exactly what is left', () => {
  const clock = new VirtualClock();
  const time = new ExactTime(clock);
  const until = time.add(time.now(), us(1500));
  clock.advance(us(400));
  expect(time.waitUntil(time.now(), until)).toBe(us(1100));
  expect(time.limit(ms(750))).toBe(ms(750));
});
