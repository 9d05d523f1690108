import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import {
  addTicks,
  firstTick,
  inTicks,
  isAtOrAfter,
  isWithin,
  TICK_RATES,
  ticks,
} from '../../src/driver/index.ts';
import { ms } from '../../src/units/index.ts';

// [DRIVER 0]: ticks(ms) = ceil(ms * HZ / 1000).
const ROUNDING = [
  { milliseconds: 1, at: { 100: 1, 250: 1, 300: 1, 1000: 1 } },
  { milliseconds: 2, at: { 100: 1, 250: 1, 300: 1, 1000: 2 } },
  { milliseconds: 5, at: { 100: 1, 250: 2, 300: 2, 1000: 5 } },
  { milliseconds: 750, at: { 100: 75, 250: 188, 300: 225, 1000: 750 } },
  { milliseconds: 1000, at: { 100: 100, 250: 250, 300: 300, 1000: 1000 } },
] as const;

for (const { milliseconds, at } of ROUNDING)
  test(`${milliseconds} ms are rounded up to whole ticks at every rate`, () => {
    const seen = Object.fromEntries(TICK_RATES.map((rate) => [rate, inTicks(ms(milliseconds), rate)]));
    expect(seen).toEqual(at);
  });

test('the counter begins 300 s before its wrap', () => {
  expect(firstTick(1000)).toBe(4_294_667_296);
  expect(addTicks(firstTick(1000), 300_000)).toBe(0);
  expect(firstTick(250)).toBe(4_294_892_296);
});

test('a reading after the wrap is later than one before it', () => {
  expect(isAtOrAfter(ticks(5), ticks(0xffff_fffb))).toBe(true);
  expect(isAtOrAfter(ticks(0xffff_fffb), ticks(5))).toBe(false);
});

test('an empty range holds nothing, and the end of a range is outside', () => {
  expect(isWithin(ticks(7), ticks(7), ticks(7))).toBe(false);
  expect(isWithin(ticks(7), ticks(7), ticks(8))).toBe(true);
  expect(isWithin(ticks(8), ticks(7), ticks(8))).toBe(false);
});

test('order holds for any reading and any distance below half a wrap', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.integer({ min: 1, max: 0x7fff_ffff }),
      (start, by) => {
        const from = ticks(start);
        const to = addTicks(from, by);
        expect(isAtOrAfter(to, from)).toBe(true);
        expect(isAtOrAfter(from, to)).toBe(false);
      },
    ),
  );
});
