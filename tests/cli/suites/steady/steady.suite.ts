import { test } from '../../../../fixtures/index.ts';

for (const name of ['first', 'second'])
  test(`the ${name} of two tests, with a moment in the middle`, async ({ driver, step }) => {
    await driver.random(4);
    await step('1. wait', async () => {
      process.stderr.write(`the ${name} is under way\n`);
      await new Promise((resolve) => setTimeout(resolve, 1500));
    });
    await driver.random(4);
  });
