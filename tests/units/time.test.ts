import { expect, test } from '@playwright/test';
import { BEGINNING, between, inMs, later, ms, plus, showDuration, us } from '../../src/units/index.ts';

test('an instant and a duration make a later instant', () => {
  const then = later(later(BEGINNING, ms(1)), us(500));
  expect(inMs(between(BEGINNING, then))).toBe(1.5);
});

test('durations add', () => {
  expect(inMs(plus(ms(2), us(250)))).toBe(2.25);
});

test('a duration is shown in the unit that suits it', () => {
  expect(showDuration(us(80))).toBe('80 us');
  expect(showDuration(ms(12.5))).toBe('12.5 ms');
});
