import { expect, test } from '@playwright/test';
import { chanceOfDifference } from '../../src/report/rates.ts';

// Fisher's tea: 4 of 4 right against 0 of 4 is 1 of 70; 3 of 4 against 1 of 4 is 17 of 70. [FISHER]
for (const [one, oneOf, other, otherOf, chance] of [
  [4, 4, 0, 4, 1 / 70],
  [3, 4, 1, 4, 17 / 70],
  [1, 4, 3, 4, 17 / 70],
  [2, 4, 2, 4, 1],
  [0, 10, 0, 1000, 1],
  [1, 1, 0, 1, 0.5],
] as const)
  test(`${one} of ${oneOf} against ${other} of ${otherOf} happens by chance with ${chance.toFixed(4)}`, () => {
    expect(chanceOfDifference({ count: one, of: oneOf }, { count: other, of: otherOf })).toBeCloseTo(
      chance,
      9,
    );
  });
