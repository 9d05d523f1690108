import { ms, seconds, source, test, WAKING } from '../../fixtures/index.ts';

test.describe('soak', () => {
  // Simulated minutes of idling are nothing. On a wall clock the times are as short as the procedure allows.
  test.describe('of a chip that sleeps', () => {
    test.use({ forDrivers: WAKING });
    test(
      'the first command after 1.1 to 60 s without traffic is answered',
      { annotation: source('CHIP 2', 'DRIVER 1.5') },
      async ({ board, driver, soak, step }) => {
        const longest = board.capabilities.has('virtual-time') ? 60_000 : 3000;
        await step('1. idle and ask for 8 random bytes until the claim is decided', () =>
          soak({ lasts: ms((1100 + longest) / 2) }, async (chance) => {
            await board.clock.sleep(ms(chance.integer(1100, longest)));
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
      async ({ board, driver, soak, step }) => {
        const longest = board.capabilities.has('virtual-time') ? 600 : 8;
        await step('1. suspend, sleep, resume and ask until the claim is decided', () =>
          soak({ lasts: seconds((1 + longest) / 2 + 1) }, async (chance) => {
            await driver.suspend('to-idle');
            await board.clock.sleep(seconds(chance.integer(1, longest)));
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
      async ({ driver, soak, step }) => {
        await step('1. unbind, bind and ask until the claim is decided', () =>
          soak({ lasts: seconds(2) }, async () => {
            await driver.remove();
            await driver.probe();
            return (await driver.random(8)).length === 8;
          }),
        );
      },
    );
  });
});
