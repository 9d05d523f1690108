import { expect, ms, source, test } from '../../fixtures/index.ts';

test.describe('ready line', () => {
  test.use({ needs: ['ready-line'] });

  test(
    'INT_AP_L is deasserted before the first frame and again 10 ms after the last',
    { annotation: source('CHIP 3') },
    async ({ board, unboundDriver: driver, step }) => {
      await step('1. look at the line of a chip that nobody has asked anything for 10 ms', async () => {
        await board.clock.sleep(ms(10));
        expect(board.ready?.isAsserted).toBe(false);
      });
      await step('2. bind the driver and ask for 8 random bytes', async () => {
        await driver.probe();
        await driver.random(8);
      });
      await step('3. let the line rest for 10 ms, and look again', async () => {
        await board.clock.sleep(ms(10));
        expect(board.ready?.isAsserted).toBe(false);
      });
    },
  );
});
