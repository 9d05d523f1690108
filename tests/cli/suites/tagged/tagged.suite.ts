import { expect, test } from '../../../../fixtures/index.ts';

test('a tagged claim', { tag: '@night' }, async ({ ownDriver }) => {
  expect(await ownDriver.random(4)).toHaveLength(4);
});

test('a claim without a tag', async ({ ownDriver }) => {
  expect(await ownDriver.random(4)).toHaveLength(4);
});
