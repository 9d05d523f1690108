import { expect, expected, forAll, LOOKING_AWAY, ms, source, test, UNPACED } from '../../fixtures/index.ts';
import type { Board, HostDriver } from '../../fixtures/index.ts';

/** Mean time of a GetRandom(32) over 20 of them. */
async function meanTime({ clock }: Board, stack: HostDriver): Promise<number> {
  const before = clock.now();
  for (let i = 0; i < 20; i++) await stack.random(32);
  return (clock.now() - before) / 20;
}

test.describe('time per command', () => {
  test.use({ needs: ['virtual-time'] });

  test.describe('with the ready pulse', () => {
    test.use({ needs: ['virtual-time', 'ready-line'], allBut: LOOKING_AWAY });
    test(
      'GetRandom(32) takes at most 15 ms',
      { annotation: source('DRIVER 2.10', 'CHIP 3') },
      async ({ board, anyStack: stack, step }) => {
        const time = await step('1. ask for 32 random bytes 20 times', () => meanTime(board, stack));
        await step('2. compare the mean time', () => {
          expect(ms(time / 1e6)).toBeAtMost(ms(15));
        });
      },
    );
  });

  test.describe('without it', () => {
    test.use({ hasInterrupt: false, allBut: UNPACED });
    test(
      'GetRandom(32) takes as many pauses as it has frames',
      { annotation: source('DRIVER 2.10', 'BUGS L-10') },
      async ({ board, anyStack: stack, profile, step }) => {
        const time = await step('1. ask for 32 random bytes 20 times', () => meanTime(board, stack));
        await step('2. compare the mean time', () => {
          // About 26 frames 2.7 or 7.7 ms apart; 7 to 10 frames 10.2, 20.2 or 0.4 ms apart.
          const limits = expected(
            {
              'cr50-spi-v1': { least: ms(50), most: ms(100) },
              'linux-6.1': { least: ms(120), most: ms(240) },
              ...forAll(['recommended', 'depthcharge', 'opentitan'], { least: ms(65), most: ms(130) }),
              ...forAll(['coreboot', 'windows'], { least: ms(130), most: ms(260) }),
              'ftdi-bench': { least: ms(2), most: ms(13) },
            },
            profile.name,
          );
          expect(ms(time / 1e6)).toBeWithin(limits.least, limits.most);
        });
      },
    );
  });
});
