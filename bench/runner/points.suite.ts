import { ms, test } from '../../fixtures/index.ts';
import { EACH } from './each.ts';

for (const index of EACH)
  test(`point ${index}`, async ({ board, stack }) => {
    await board.clock.sleep(ms(985 + index / 100));
    await stack.random(8);
  });
