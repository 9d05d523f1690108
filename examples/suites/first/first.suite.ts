import { expect, ms, seconds, source, test } from '../../../fixtures/index.ts';

test.describe('a first suite', () => {
  test(
    'eight random bytes come within 100 ms after the chip has slept',
    { annotation: source('CHIP 2') },
    async ({ board, driver, step }) => {
      await step('1. leave the bus alone for 2 s', () => board.clock.sleep(seconds(2)));
      const before = board.clock.now();
      const bytes = await step('2. ask for 8 random bytes', () => driver.random(8));
      await step('3. look how many came, and when', () => {
        expect(bytes).toHaveLength(8);
        expect(board.clock.now() - before).toBeLessThan(ms(100));
      });
    },
  );
});
