import {
  errnoOf,
  expect,
  expected,
  NO_FRAME_WHILE_SUSPENDED,
  seconds,
  source,
  test,
} from '../../fixtures/index.ts';

const KINDS = ['via-firmware', 'to-idle'] as const;

test.describe('quiet', () => {
  test.use({ needs: ['reset'] });

  for (const kind of KINDS)
    test(
      `nothing is on the bus while the platform sleeps for 60 s, ${kind}`,
      { annotation: source('DRIVER 1.12') },
      async ({ board, stack, platform, wires, step }) => {
        await step('1. ask for 8 random bytes', () => stack.random(8));
        await step('2. suspend', () => platform.suspend(stack, kind));
        const asleep = await step('3. wait 60 s', () => wires.during(() => board.clock.sleep(seconds(60))));
        await step('4. resume and ask again', async () => {
          await platform.resume(stack, kind);
          expect(await stack.random(8)).toHaveLength(8);
        });
        await step('5. find neither frame nor wake pulse in between', () => {
          expect([asleep.frames.length, asleep.wakePulses.length]).toEqual([0, 0]);
          expect(wires).toKeep(NO_FRAME_WHILE_SUSPENDED);
        });
      },
    );

  test(
    'the first frame after a suspend to idle is preceded by a wake pulse, however short the sleep was',
    { annotation: source('DRIVER 1.12', 'CHIP 6') },
    async ({ anyStack: stack, platform, wires, step }) => {
      await step('1. ask for 8 random bytes', () => stack.random(8));
      const sight = await step('2. sleep for 1 s, then ask again', () =>
        wires.during(async () => {
          await platform.sleep(stack, 'to-idle', seconds(1));
          await stack.random(8);
        }),
      );
      await step('3. compare the first pulse with the first frame', () => {
        expect(sight.wakePulses[0]!.fall).toBeLessThan(sight.frames[0]!.fall);
      });
    },
  );

  test(
    'a command while suspended is refused, by cr50-spi-v1 only after it has claimed the locality',
    { annotation: source('DRIVER 1.12', 'BUGS K-24', 'BUGS L-22') },
    async ({ stack, platform, wires, profile, step }) => {
      await step('1. suspend to idle', () => platform.suspend(stack, 'to-idle'));
      let errno = 0;
      const sight = await step('2. send GetRandom(8)', () =>
        wires.during(() =>
          stack
            .transmit(Uint8Array.of(0x80, 0x01, 0, 0, 0, 0x0c, 0, 0, 0x01, 0x7b, 0, 8))
            .catch((error: unknown) => {
              errno = errnoOf(error);
            }),
        ),
      );
      await step('3. find the error number, and what reached the bus', () => {
        expect({ errno, hasTraffic: sight.frames.length > 0 }).toEqual(
          expected(
            {
              'cr50-spi-v1': { errno: -11, hasTraffic: true },
              'linux-6.1': { errno: -32, hasTraffic: false },
              recommended: { errno: -32, hasTraffic: false },
            },
            profile.name,
          ),
        );
      });
      await step('4. resume and find it working', async () => {
        await platform.resume(stack, 'to-idle');
        expect(await stack.random(8)).toHaveLength(8);
      });
    },
  );
});
