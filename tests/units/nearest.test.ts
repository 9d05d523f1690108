import { expect, test } from '@playwright/test';
import { didYouMean, nearest } from '../../src/units/index.ts';

const NAMES = ['bring-up', 'sleep-wake', 'suspend-resume', 'soak', 'linux-6.1', 'pulse-width'];

for (const [typed, near] of [
  ['sleepwake', 'sleep-wake'],
  ['sleep_wake', 'sleep-wake'],
  ['Sleep-Wake', 'sleep-wake'],
  ['linux6.1', 'linux-6.1'],
  ['pulse-widht', 'pulse-width'],
  ['suspendresume', 'suspend-resume'],
  ['saok', 'soak'],
  ['frobnicate', undefined],
  ['', undefined],
] as const)
  test(`"${typed}" is near ${near ?? 'nothing'}`, () => {
    expect(nearest(typed, NAMES)).toBe(near);
  });

test('the end of a sentence names it, or is a full stop', () => {
  expect(didYouMean('bringup', NAMES)).toBe('; did you mean bring-up?');
  expect(didYouMean('x', [])).toBe('.');
});
