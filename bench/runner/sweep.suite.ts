import { ms, test } from '../../fixtures/index.ts';
import { EACH } from './each.ts';

test('sweep', async ({ board, ownDriver }) => {
  for (const index of EACH) {
    await board.clock.sleep(ms(985 + index / 100));
    await ownDriver.random(8);
  }
});
