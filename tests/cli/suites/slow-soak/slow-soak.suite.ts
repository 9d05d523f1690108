import { ms, seconds, test } from '../../../../fixtures/index.ts';

/** Real time, so that a run can be ended in the middle of it. */
const rest = (): Promise<void> => new Promise((done) => setTimeout(done, 20));

test('a soak of a second a run', async ({ board, ownDriver, soak }) => {
  await soak({ lasts: seconds(1) }, async () => {
    await rest();
    await board.clock.sleep(ms(1000));
    return (await ownDriver.random(4)).length === 4;
  });
});
