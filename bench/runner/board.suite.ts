import { test } from '../../fixtures/index.ts';
import { EACH } from './each.ts';

for (const index of EACH)
  test(`board ${index}`, ({ board }) => {
    board.clock.now();
  });
