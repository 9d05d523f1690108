import {
  errnoOf,
  expect,
  first,
  GET_RANDOM_8,
  RULE,
  seconds,
  source,
  SUSPENDING,
  test,
  undisturbed,
  WAKING,
} from '../../fixtures/index.ts';

const KINDS = ['via-firmware', 'to-idle'] as const;

test.describe('quiet', () => {
  test.use({ needs: ['reset', 'suspend'] });

  for (const kind of KINDS)
    test(
      `nothing is on the bus while the platform sleeps for 60 s, ${kind}`,
      { annotation: source('DRIVER 1.12') },
      async ({ board, driver, platform, wires, step }) => {
        await step('1. ask for 8 random bytes', async () => {
          await undisturbed(driver, seconds(90));
          await driver.random(8);
        });
        await step('2. suspend', () => platform.suspend(driver, kind));
        const asleep = await step('3. wait 60 s', () => wires.during(() => board.clock.sleep(seconds(60))));
        await step('4. resume and ask again', async () => {
          await platform.resume(driver, kind);
          expect(await driver.random(8)).toHaveLength(8);
        });
        await step('5. find neither frame nor wake pulse in between', () => {
          expect([asleep.frames.length, asleep.wakePulses.length]).toEqual([0, 0]);
          expect(wires).toKeep(RULE.NO_FRAME_WHILE_SUSPENDED);
        });
      },
    );

  test.describe('of a driver that wakes the chip', () => {
    test.use({ forDrivers: WAKING });
    test(
      'the first frame after a suspend to idle is preceded by a wake pulse, however short the sleep was',
      { annotation: source('DRIVER 1.12', 'CHIP 6') },
      async ({ board, driver, platform, wires, step }) => {
        await step('1. ask for 8 random bytes, and suspend', async () => {
          await undisturbed(driver, seconds(90));
          await driver.random(8);
          await platform.suspend(driver, 'to-idle');
        });
        const sight = await step('2. resume 1 s later, then ask again', () =>
          wires.during(async () => {
            await board.clock.sleep(seconds(1));
            await platform.resume(driver, 'to-idle');
            await driver.random(8);
          }),
        );
        await step('3. compare the first pulse with the first frame', () => {
          const pulse = first(sight.wakePulses, 'wake pulses');
          expect(pulse.fall).toBeLessThan(first(sight.frames, 'frames').fall);
        });
      },
    );
  });

  test.describe('and commands', () => {
    test.use({ forDrivers: SUSPENDING });
    test(
      'a command while suspended is refused, without a frame or after the locality was claimed',
      { annotation: source('DRIVER 1.12', 'BUGS K-24', 'BUGS L-22') },
      async ({ ownDriver, platform, wires, datasheet, provoking, step }) => {
        const { refusal } = datasheet.suspend!;
        const talks = refusal.hasTraffic ? [RULE.NO_FRAME_WHILE_SUSPENDED] : [];
        await step('1. suspend to idle', () => platform.suspend(ownDriver, 'to-idle'));
        let errno = 0;
        const sight = await step('2. send GetRandom(8)', () =>
          wires.during(() =>
            provoking(talks, () => ownDriver.transmit(GET_RANDOM_8)).catch((error: unknown) => {
              errno = errnoOf(error);
            }),
          ),
        );
        await step('3. find the error number, and what reached the bus', () => {
          expect({ errno, hasTraffic: sight.frames.length > 0 }).toEqual(refusal);
        });
        await step('4. resume and find it working', async () => {
          await platform.resume(ownDriver, 'to-idle');
          expect(await ownDriver.random(8)).toHaveLength(8);
        });
      },
    );
  });
});
