import { expect, test } from '@playwright/test';
import { showSeconds } from '../../src/report/terminal.ts';

for (const [ms, shown] of [
  [0, '0.0 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [60_400, '1 min 0 s'],
  [119_400, '1 min 59 s'],
  [119_600, '2 min 0 s'],
] as const)
  test(`${ms} ms are shown as ${shown}`, () => {
    expect(showSeconds(ms)).toBe(shown);
  });
