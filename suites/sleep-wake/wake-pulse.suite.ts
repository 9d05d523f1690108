import type { Board, Duration, HostDriver, Rule, Trace } from '../../fixtures/index.ts';
import {
  expect,
  longAfterBoot,
  ms,
  pulseWidth,
  RULE,
  seconds,
  settleTime,
  source,
  test,
  us,
  WAKING,
  withSlack,
} from '../../fixtures/index.ts';

/** On wall time the long idle times are left out, since the test would have to wait for them. */
const idleTimes = ({ capabilities }: Board): Duration[] =>
  (capabilities.has('virtual-time') ? [2, 7, 30, 300] : [2, 7]).map(seconds);

/** The rule has an upper limit, of which an emulated host knows nothing, and a lower one that a coarse trace cannot show. */
const widthRules = ({ clock }: Board, { resolution }: Trace): readonly Rule[] =>
  clock.slack === undefined && resolution <= us(1) ? [RULE.WAKE_PULSE_WIDTH] : [];

async function askAfterIdle(board: Board, driver: HostDriver): Promise<void> {
  const { clock } = board;
  for (const idle of idleTimes(board)) {
    await clock.sleep(idle);
    await driver.random(8);
  }
}

test.describe('wake pulse', () => {
  test.use({ forDrivers: WAKING });

  test(
    'the pulse is as wide, and the pause after it as long, as the datasheet says',
    { annotation: source('DRIVER 1.5', 'BUGS K-03') },
    async ({ board, driver, wires, datasheet, step }) => {
      const pulse = await step('1. idle, then ask for 8 random bytes', async () => {
        await longAfterBoot(board, driver, seconds(2));
        await board.clock.sleep(seconds(2));
        const { wakePulses } = await wires.during(() => driver.random(8));
        return wakePulses[0]!;
      });
      await step('2. measure width and settle time', () => {
        const { wake, tick } = datasheet;
        expect(pulse.width).toBeWithin(withSlack(board, pulseWidth(wake!)));
        expect(pulse.settle!).toBeWithin(withSlack(board, settleTime(wake!, tick)));
      });
    },
  );

  for (const hz of [100, 250] as const)
    test.describe(`with ${hz} ticks a second`, () => {
      test.use({ hz, needs: ['virtual-time'] });
      test(
        'the pause after the pulse is 1 to 3 ticks long of a driver that counts it in ticks, and no longer than before of the others',
        { annotation: source('BUGS K-03') },
        async ({ board, driver, wires, datasheet, step }) => {
          const pulse = await step('1. idle for 30 s, then ask for 8 random bytes', async () => {
            await board.clock.sleep(seconds(30));
            const { wakePulses } = await wires.during(() => driver.random(8));
            return wakePulses[0]!;
          });
          await step('2. measure the settle time', () => {
            expect(pulse.settle!).toBeWithin(settleTime(datasheet.wake!, ms(1000 / hz)));
          });
        },
      );
    });

  test(
    'the chip is woken before every frame that comes after a second, with a pulse and a pause that it needs',
    { annotation: source('CHIP 2', 'DRIVER 1.5') },
    async ({ board, driver, wires, step }) => {
      await step('1. ask for 8 random bytes after each idle time', () => askAfterIdle(board, driver));
      await step('2. judge the trace', () => {
        expect(wires).toKeep(RULE.WAKE_AFTER_IDLE, RULE.WAKE_SETTLE, ...widthRules(board, wires));
      });
    },
  );

  test.describe('and INT_AP_L', () => {
    test.use({ needs: ['ready-line'] });
    test(
      'the chip gives no ready pulse for a wake pulse',
      { annotation: source('CHIP 2', 'CHIP 3') },
      async ({ board, driver, wires, step }) => {
        await step('1. ask for 8 random bytes after each idle time', () => askAfterIdle(board, driver));
        await step('2. judge the trace', () => {
          expect(wires).toKeep(RULE.NO_PULSE_FOR_EMPTY_SELECT);
        });
      },
    );
  });
});
