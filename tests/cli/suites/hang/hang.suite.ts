import { test } from '../../../../fixtures/index.ts';

test('a loop that never yields', async ({ board }) => {
  for (let turns = 0; turns >= 0; turns = (turns + 1) % 7) board.clock.now();
});

test('the test after it', async ({ board }) => {
  board.clock.now();
});
