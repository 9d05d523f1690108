import { test } from '../../../../fixtures/index.ts';

test('a test that ends', async ({ board }) => {
  board.clock.now();
});

test('a test that waits for something that does not come', async ({ board, step }) => {
  await step('1. wait', async () => {
    board.clock.now();
    process.stderr.write('waiting\n');
    await new Promise((resolve) => setTimeout(resolve, 50_000));
  });
});

test('a test that never begins', async ({ board }) => {
  board.clock.now();
});
