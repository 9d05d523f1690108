import { expect, test } from '../../../../fixtures/index.ts';

test('a claim that holds', async ({ ownDriver }) => {
  expect(await ownDriver.random(4)).toHaveLength(4);
});

test('a claim that does not hold', async ({ ownDriver, step }) => {
  await step('1. ask for random bytes', async () => {
    expect(await ownDriver.random(4)).toHaveLength(5);
  });
});

test.describe('on a board without faults', () => {
  test.use({ needs: ['faults'] });
  test('a claim about a fault', async ({ faults }) => {
    await faults.set({ kind: 'ready-open' });
  });
});
