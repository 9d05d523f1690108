import { expect, test } from '@playwright/test';
import { RunProgress } from '../../src/report/run-progress.ts';

test('progress says how far the run is, for how long, what is under way and what that counts', () => {
  let ms = 0;
  const progress = new RunProgress(40, () => ms);
  progress.begin('soak · linux-6.1 · idle');
  progress.count('soak: 34 of 332 runs, 0 failures');
  ms = 5_000;
  expect(progress.show()).toBe('0/40 in 5.0 s: soak · linux-6.1 · idle, soak: 34 of 332 runs, 0 failures');
  for (let i = 0; i < 10; i++) progress.end();
  progress.begin('soak · linux-6.1 · suspend');
  ms = 65_000;
  // 30 tests are left, at 6.5 s each.
  expect(progress.show()).toBe('10/40 in 1 min 5 s, about 3 min 15 s left: soak · linux-6.1 · suspend');
});

test('progress of a run without a test has no time that is left', () => {
  const progress = new RunProgress(0, () => 1_000);
  expect(progress.show()).toBe('0/0 in 1.0 s');
});
