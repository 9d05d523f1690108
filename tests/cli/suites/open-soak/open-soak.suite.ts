import { soak, test } from '../../../../fixtures/index.ts';

test('a claim that five runs cannot decide', async ({ ownDriver, claim }) => {
  await soak({ ...claim, most: 5 }, async () => (await ownDriver.random(4)).length === 4);
});
