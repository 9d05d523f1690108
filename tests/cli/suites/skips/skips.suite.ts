import { test } from '../../../../fixtures/index.ts';

test('needs nothing', async ({ board }) => {
  board.clock.now();
});

test.describe('needs the reset line', () => {
  test.use({ needs: ['reset'] });
  test('which the rig may lack', async ({ board }) => {
    board.clock.now();
  });
});
