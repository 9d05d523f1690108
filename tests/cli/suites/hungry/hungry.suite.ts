import { test } from '../../../../fixtures/index.ts';

test('a test that needs little', async ({ driver }) => {
  await driver.random(4);
});

test('a test that needs all memory', async ({ driver }) => {
  await driver.random(4);
  const kept: number[][] = [];
  for (;;) kept.push(new Array<number>(1 << 16).fill(kept.length));
});
