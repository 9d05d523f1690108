import { test } from '../../../../fixtures/index.ts';

test('a test that says something', async ({ driver }) => {
  await driver.random(4);
});

test('a test that its author skips', async ({ board }) => {
  test.skip(true, 'later');
  board.clock.now();
});
