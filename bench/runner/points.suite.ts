import { ms, test } from '../../fixtures/index.ts';
import { EACH } from './each.ts';

for (const index of EACH)
  test(`point ${index}`, async ({ board, ownDriver }) => {
    await board.clock.sleep(ms(985 + index / 100));
    await ownDriver.random(8);
  });
