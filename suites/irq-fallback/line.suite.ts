import type { HostDriver } from '../../fixtures/index.ts';
import {
  both,
  driversThat,
  EVERY_DRIVER,
  expect,
  LOGGED,
  LOOKING_AT_LINE,
  pauseTime,
  RULE,
  seconds,
  source,
  SUSPENDING,
  test,
  withSlack,
} from '../../fixtures/index.ts';

test.use({ forDrivers: LOOKING_AT_LINE });

async function bindAndAsk(driver: HostDriver): Promise<void> {
  await driver.probe();
  await driver.random(32);
}

test.describe('line given up', () => {
  test.use({
    needs: ['ready-line', 'faults', 'suspend'],
    forDrivers: both(
      SUSPENDING,
      driversThat(({ withdrawal }) => withdrawal !== undefined, 'It never gives up a line that it trusted.'),
      driversThat(({ suspend }) => suspend?.triesLineAgain === true, 'It does not try a line again.'),
    ),
  });

  test(
    'a line that was silent and pulses again is trusted again after a sleep, and not before',
    { annotation: source('BUGS L-08', 'BUGS L-41') },
    async ({ driver, faults, platform, step }) => {
      await step('1. silence the line until the driver gives it up', async () => {
        await faults.set({ kind: 'ready-missing' });
        await driver.random(8);
        expect(driver.trust).toBe('withdrawn');
      });
      await step('2. let it pulse, ask for 8 random bytes, and find it given up still', async () => {
        await faults.clear();
        await driver.random(8);
        expect(driver.trust).toBe('withdrawn');
      });
      await step('3. sleep for 5 s, ask again, and find it trusted', async () => {
        await platform.sleep(driver, 'to-idle', seconds(5));
        await driver.random(8);
        expect(driver.trust).toBe('trusted');
      });
    },
  );
});

test.describe('line present', () => {
  test.use({ needs: ['ready-line'] });

  test(
    'a line that pulses is trusted, and no frame waits in vain',
    { annotation: source('DRIVER 1.4', 'CHIP 3') },
    async ({ unboundDriver: driver, step }) => {
      await step('1. bind the driver and ask for 32 random bytes', () => bindAndAsk(driver));
      await step('2. find the confirmation, once, and no time-out', () => {
        expect(driver.trust).toBe('trusted');
        expect(driver).toHaveLogged(LOGGED.confirmed, 1);
        expect(driver).not.toHaveLogged(LOGGED.pulseTimeout);
      });
    },
  );

  test.describe('to a host with exact stamps', () => {
    test.use({ needs: ['ready-line', 'edge-timing'] });

    test(
      'every frame is answered by one pulse of 4 to 250 us, and no frame begins before the pulse of the one before it',
      { annotation: source('DRIVER 1.4', 'CHIP 3') },
      async ({ unboundDriver: driver, wires, step }) => {
        await step('1. bind the driver and ask for 32 random bytes', () => bindAndAsk(driver));
        await step('2. judge pulses and pacing', () => {
          expect(wires).toKeep(
            RULE.PULSE_PER_FRAME,
            RULE.PULSE_DELAY,
            RULE.PULSE_WIDTH,
            RULE.FRAME_AFTER_PULSE,
          );
        });
      },
    );
  });
});

test.describe('line absent', () => {
  test.use({ hasInterrupt: false });

  test(
    'a driver without the line says so once, pauses as long as its datasheet says between frames, and is answered',
    { annotation: source('DRIVER 1.10', 'BUGS L-10', 'BUGS K-07') },
    async ({ board, driver, wires, datasheet, step }) => {
      const sight = await step('1. ask for 32 random bytes', () => wires.during(() => driver.random(32)));
      await step('2. find the warning', () => {
        expect(driver.trust).toBe('no-line');
        expect(driver).toHaveLogged(LOGGED.noLine, 1);
      });
      await step('3. measure the median pause between frames', () => {
        const sorted = [...sight.gaps].sort((a, b) => a - b);
        expect(sorted[sorted.length >> 1]!).toBeWithin(withSlack(board, pauseTime(datasheet)));
      });
    },
  );
});

test.describe('pace', () => {
  test.use({ forDrivers: EVERY_DRIVER });

  test(
    'every driver binds to a chip whose line is in order, except one whose datasheet says why it cannot',
    { annotation: source('CHIP 3', 'HOSTS') },
    async ({ unboundDriver: driver, datasheet, step }) => {
      const isBound = await step('1. bind the driver', () =>
        driver.probe().then(
          () => true,
          () => false,
        ),
      );
      await step('2. find it bound, unless its datasheet says why it cannot be', () => {
        expect(isBound).toBe(datasheet.cannotBind === undefined);
      });
    },
  );
});

test.describe('line refused', () => {
  test.use({ needs: ['ready-line', 'faults'] });

  test(
    'a request that fails is logged with its number, and the driver works with delays',
    { annotation: source('DRIVER 1.10', 'BUGS L-21') },
    async ({ unboundDriver: driver, faults, step }) => {
      await step('1. let the request fail with 16, the line being in use', () =>
        faults.set({ kind: 'ready-request-fails', errno: 16 }),
      );
      await step('2. bind the driver and ask for 8 random bytes', async () => {
        await driver.probe();
        expect(await driver.random(8)).toHaveLength(8);
      });
      await step('3. find the warning', () => {
        expect(driver).toHaveLogged(/^Requesting IRQ \d+ failed: -16$/, 1);
        expect(driver).not.toHaveLogged(LOGGED.notConfirmed);
      });
    },
  );

  test(
    'a line whose controller is not there yet defers the probe without a word and without a frame',
    { annotation: source('DRIVER 1.10') },
    async ({ unboundDriver: driver, faults, wires, step }) => {
      await step('1. let the request fail with 517', () =>
        faults.set({ kind: 'ready-request-fails', errno: 517 }),
      );
      const sight = await step('2. bind the driver', () =>
        wires.during(() => expect(driver.probe()).rejects.toMatchObject({ errno: -517 })),
      );
      await step('3. find an empty log and an idle bus', () => {
        expect(driver.log).toEqual([]);
        expect([sight.frames.length, sight.wakePulses.length]).toEqual([0, 0]);
      });
      await step('4. bind it again when the controller is there', async () => {
        await faults.clear();
        await driver.probe();
        expect(driver.trust).toBe('trusted');
      });
    },
  );
});
