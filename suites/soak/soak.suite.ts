import { ms, seconds, soak, source, test, WAKING } from '../../fixtures/index.ts';

test.describe('soak', () => {
  // On a real board a soak takes as long as its runs; here a minute of idling is nothing.
  test.setTimeout(600_000);

  test.describe('of a chip that sleeps', () => {
    test.use({ forDrivers: WAKING });
    test(
      'the first command after 1.1 to 60 s without traffic is answered',
      { annotation: source('CHIP 2', 'DRIVER 1.5') },
      async ({ board, driver, chance, claim, step }) => {
        await step('1. idle and ask for 8 random bytes until the claim is decided', () =>
          soak(claim, async () => {
            await board.clock.sleep(ms(chance.integer(1100, 60_000)));
            return (await driver.random(8)).length === 8;
          }),
        );
      },
    );
  });

  test.describe('of a host that sleeps', () => {
    test.use({ forDrivers: WAKING });
    test(
      'after suspend to idle and resume the next command is answered',
      { annotation: source('DRIVER 1.12') },
      async ({ board, driver, chance, claim, step }) => {
        await step('1. suspend, sleep, resume and ask until the claim is decided', () =>
          soak(claim, async () => {
            await driver.suspend('to-idle');
            await board.clock.sleep(seconds(chance.integer(1, 600)));
            await driver.resume();
            return (await driver.random(8)).length === 8;
          }),
        );
      },
    );
  });

  test.describe('of a driver that comes and goes', () => {
    test(
      'a driver that was unbound binds again and is answered',
      { annotation: source('DRIVER 2.7') },
      async ({ driver, claim, step }) => {
        await step('1. unbind, bind and ask until the claim is decided', () =>
          soak(claim, async () => {
            await driver.remove();
            await driver.probe();
            return (await driver.random(8)).length === 8;
          }),
        );
      },
    );
  });
});
