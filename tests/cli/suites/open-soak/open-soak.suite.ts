import { ms, test } from '../../../../fixtures/index.ts';

test('a claim that five runs cannot decide', async ({ ownDriver, soak }) => {
  await soak({ lasts: ms(1), most: 5 }, async () => (await ownDriver.random(4)).length === 4);
});
