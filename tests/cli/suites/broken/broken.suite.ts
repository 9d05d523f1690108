import { test } from '../../../../fixtures/index.ts';

test('a mistake in the suite', async ({ board }) => {
  (board as unknown as { noSuchThing: () => void }).noSuchThing();
});
