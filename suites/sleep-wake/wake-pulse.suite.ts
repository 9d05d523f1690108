import type { Board, Duration, PerProfile, Rule, Trace, HostDriver } from '../../fixtures/index.ts';
import {
  expect,
  expected,
  forAll,
  longAfterBoot,
  ms,
  NO_PULSE_FOR_EMPTY_SELECT,
  POKED_ONCE,
  seconds,
  source,
  test,
  upTo,
  us,
  WAKE_AFTER_IDLE,
  WAKE_PULSE_WIDTH,
  WAKE_SETTLE,
} from '../../fixtures/index.ts';

const HOSTS = ['coreboot', 'depthcharge', 'windows', 'opentitan'];

const WIDTH: PerProfile<Range> = {
  'cr50-spi-v1': { least: us(1000), most: us(1100) },
  'linux-6.1': { least: us(1000), most: us(1100) },
  recommended: { least: us(1), most: us(50) },
  // 1 us; up to 3.8 us were seen of depthcharge. [CHIP 2]
  ...forAll(HOSTS, { least: us(1), most: us(4) }),
};

interface Range {
  readonly least: Duration;
  readonly most: Duration;
}

/** From CS deasserted to the frame: a coarse sleep of 1 ms, one of 1 to 2 ms, one of up to 0.5 ms, and those of 100 us. */
const SETTLE: PerProfile<Range> = {
  'cr50-spi-v1': { least: us(1000), most: us(3100) },
  'linux-6.1': { least: us(1000), most: us(2100) },
  recommended: { least: us(150), most: us(600) },
  ...forAll(HOSTS, { least: us(100), most: us(130) }),
};

/** In seconds. Without simulated time the long ones are left out: they would be waited for. */
const idleTimes = ({ capabilities }: Board): number[] =>
  capabilities.has('virtual-time') ? [2, 7, 30, 300] : [2, 7];

/** The rule has an upper limit, of which an emulated host knows nothing, and a lower one that a coarse trace cannot show. */
const widthRules = ({ clock }: Board, { resolution }: Trace): readonly Rule[] =>
  clock.slack === undefined && resolution <= us(1) ? [WAKE_PULSE_WIDTH] : [];

async function askAfterIdle(board: Board, stack: HostDriver): Promise<void> {
  const { clock } = board;
  for (const idle of idleTimes(board)) {
    await clock.sleep(seconds(idle));
    await stack.random(8);
  }
}

test.describe('wake pulse', () => {
  test.use({ allBut: POKED_ONCE });

  test(
    'the pulse is as wide, and the pause after it as long, as the driver says',
    { annotation: source('DRIVER 1.5', 'BUGS K-03') },
    async ({ board, anyStack: stack, wires, profile, step }) => {
      const pulse = await step('1. idle, then ask for 8 random bytes', async () => {
        await longAfterBoot(board, stack, seconds(2));
        await board.clock.sleep(seconds(2));
        const { wakePulses } = await wires.during(() => stack.random(8));
        return wakePulses[0]!;
      });
      await step('2. measure width and settle time', () => {
        const width = expected(WIDTH, profile.name);
        const settle = expected(SETTLE, profile.name);
        expect(pulse.width).toBeWithin(width.least, upTo(board, width.most));
        expect(pulse.settle!).toBeWithin(settle.least, upTo(board, settle.most));
      });
    },
  );

  for (const hz of [100, 250] as const)
    test.describe(`with ${hz} ticks a second`, () => {
      test.use({ hz, needs: ['virtual-time'] });
      test(
        'the pause of cr50-spi-v1 after the pulse is up to 3 ticks long, that of the others no longer than before',
        { annotation: source('BUGS K-03') },
        async ({ board, anyStack: stack, wires, profile, step }) => {
          const pulse = await step('1. idle for 30 s, then ask for 8 random bytes', async () => {
            await board.clock.sleep(seconds(30));
            const { wakePulses } = await wires.during(() => stack.random(8));
            return wakePulses[0]!;
          });
          await step('2. measure the settle time', () => {
            const tick = 1000 / hz;
            const coarse = { least: ms(tick), most: ms(3 * tick + 0.1) };
            const settle = expected({ ...SETTLE, 'cr50-spi-v1': coarse }, profile.name);
            expect(pulse.settle!).toBeWithin(settle.least, settle.most);
          });
        },
      );
    });

  test(
    'the chip is woken before every frame that comes after a second, with a pulse and a pause that it needs',
    { annotation: source('CHIP 2', 'DRIVER 1.5') },
    async ({ board, anyStack: stack, wires, step }) => {
      await step('1. ask for 8 random bytes after each idle time', () => askAfterIdle(board, stack));
      await step('2. judge the trace', () => {
        expect(wires).toKeep(WAKE_AFTER_IDLE, WAKE_SETTLE, ...widthRules(board, wires));
      });
    },
  );

  test.describe('and INT_AP_L', () => {
    test.use({ needs: ['ready-line'] });
    test(
      'the chip gives no ready pulse for a wake pulse',
      { annotation: source('CHIP 2', 'CHIP 3') },
      async ({ board, anyStack: stack, wires, step }) => {
        await step('1. ask for 8 random bytes after each idle time', () => askAfterIdle(board, stack));
        await step('2. judge the trace', () => {
          expect(wires).toKeep(NO_PULSE_FOR_EMPTY_SELECT);
        });
      },
    );
  });
});
