import { expect, test } from '../../../../fixtures/index.ts';

test('a claim about no board', ({ profileName }) => {
  expect(profileName).toBe('recommended');
});
