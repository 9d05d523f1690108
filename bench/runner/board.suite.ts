import { expect, test } from '../../fixtures/index.ts';
import { EACH } from './each.ts';

for (const index of EACH)
  test(`board ${index}`, ({ board }) => {
    expect(board.power?.isOn).toBe(true);
  });
