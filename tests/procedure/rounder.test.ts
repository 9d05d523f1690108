import { expect, test } from '@playwright/test';
import { rounder } from '../../src/procedure/rounder.ts';

for (const [time, values] of [
  [0, []],
  [1, [0]],
  [1000, [0]],
  [1734.512, [0, 1000, 2000, 1700, 1800, 1730, 1740, 1734, 1735, 1734.5, 1734.6, 1734.51, 1734.52]],
  [0.25, [0, 0.2, 0.3]],
] as const)
  test(`${time} ms becomes ${values.join(', ') || 'nothing else'}`, () => {
    expect(rounder(time)).toEqual(values);
  });
