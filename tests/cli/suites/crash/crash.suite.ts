import { test } from '../../../../fixtures/index.ts';

test('a crash in native code', async ({ board }) => {
  board.clock.now();
  process.kill(process.pid, 'SIGSEGV');
  await new Promise(() => undefined);
});

test('the test after it', async ({ board }) => {
  board.clock.now();
});
