import { expect, test } from '../../../../fixtures/index.ts';

test('the chip answers twenty times', async ({ driver }) => {
  const sizes: number[] = [];
  for (let i = 0; i < 20; i++) sizes.push((await driver.random(8)).length);
  expect(sizes).toEqual(new Array(20).fill(8));
});
