import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { Random } from '../../src/sim/random.ts';

const draw = (random: Random, count = 8): number[] => Array.from({ length: count }, () => random.next());

test('one seed gives one sequence, another seed another one', () => {
  expect(draw(new Random(1))).toEqual(draw(new Random(1)));
  expect(draw(new Random(1))).not.toEqual(draw(new Random(2)));
});

test('a fork depends on seed and name, not on what was drawn before', () => {
  const random = new Random(1);
  const fork = draw(random.fork('pulse'));
  draw(random, 100);
  expect(draw(random.fork('pulse'))).toEqual(fork);
  expect(draw(random.fork('width'))).not.toEqual(fork);
  expect(draw(new Random(2).fork('pulse'))).not.toEqual(fork);
  expect(draw(random.fork('a').fork('b'))).not.toEqual(draw(random.fork('b').fork('a')));
});

test('drawing from one fork leaves the others alone', () => {
  const random = new Random(1);
  const [a, b] = [random.fork('a'), random.fork('b')];
  draw(a, 1000);
  expect(draw(b)).toEqual(draw(new Random(1).fork('b')));
});

test('every draw lies from 0 to below 1, every whole number within its bounds, every byte count as asked', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(1000), fc.nat(1000), fc.nat(100), (seed, from, span, count) => {
      const random = new Random(seed);
      const share = random.next();
      const whole = random.integer(from, from + span);
      return (
        share >= 0 &&
        share < 1 &&
        Number.isInteger(whole) &&
        whole >= from &&
        whole <= from + span &&
        random.bytes(count).length === count
      );
    }),
  );
});

test('draws are spread evenly over the range, and so are bytes', () => {
  const random = new Random(4);
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) tenths[Math.floor(random.next() * 10)]!++;
  expect(Math.min(...tenths)).toBeGreaterThan(9600);
  expect(Math.max(...tenths)).toBeLessThan(10_400);
  const values = new Array<number>(256).fill(0);
  for (const byte of random.bytes(256_000)) values[byte]!++;
  expect(Math.min(...values)).toBeGreaterThan(850);
  expect(Math.max(...values)).toBeLessThan(1150);
});
