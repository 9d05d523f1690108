import type { Datasheet, Duration, Sight } from '../../fixtures/index.ts';
import {
  between,
  expect,
  isWokenAfter,
  longAfterBoot,
  minus,
  ms,
  plus,
  seconds,
  showDuration,
  source,
  test,
  WAKING,
} from '../../fixtures/index.ts';

const IDLE_TIMES = [
  ...[1, 100, 500, 890, 910, 950, 990, 1010, 1100].map(ms),
  ...[5, 60, 3600].map(seconds),
] as const;

/** Whether an idle time is exact. A host in real time adds something, and takes as long as it says. */
const isExact = (idle: Duration): boolean => (idle > ms(500) && idle < ms(1100)) || idle > seconds(5);

/**
 * Frames before which the driver woke the chip without need, or did not wake it in need. The first frame came after
 * `idle`.
 */
function wronglyWoken(driver: Datasheet, { frames, wakePulses }: Sight, idle: Duration): number[] {
  return frames.flatMap(({ fall }, at) => {
    const before = frames[at - 1];
    const pulse = wakePulses.find(
      (one) => one.fall < fall && (before === undefined || one.fall > before.rise),
    );
    const gap = before === undefined ? idle : between(before.rise, pulse?.fall ?? fall);
    const isWanted = isWokenAfter(driver, gap);
    return isWanted === undefined || isWanted === (pulse !== undefined) ? [] : [at];
  });
}

test.describe('idle time', () => {
  test.use({ forDrivers: WAKING });

  for (const idle of IDLE_TIMES)
    test.describe(() => {
      test.use({ needs: isExact(idle) ? ['virtual-time'] : [] });
      test(
        `after ${showDuration(idle)} without a command the driver wakes the chip before those frames that need it, and before no other`,
        { annotation: source('DRIVER 1.5', 'CHIP 2') },
        async ({ board, driver, wires, datasheet, step }) => {
          await step('1. ask for 8 random bytes, long after boot', () => longAfterBoot(board, driver, idle));
          await step(`2. idle for ${showDuration(idle)}`, () => board.clock.sleep(idle));
          const sight = await step('3. ask again', () => wires.during(() => driver.random(8)));
          await step('4. find no frame that was wrongly woken for, and none that was wrongly not', () => {
            expect(wronglyWoken(datasheet, sight, idle)).toEqual([]);
            expect(sight.frames.length).toBeGreaterThan(0);
          });
        },
      );
    });

  for (const { side, isWoken } of [
    { side: 'before', isWoken: false },
    { side: 'after', isWoken: true },
  ])
    test.describe(() => {
      test.use({ needs: ['virtual-time'] });
      test(
        `10 ms ${side} the driver's own time of waking the chip is ${isWoken ? '' : 'not '}woken`,
        { annotation: source('DRIVER 1.5', 'BUGS L-12') },
        async ({ board, driver, wires, datasheet, step }) => {
          const { after } = datasheet.wake!;
          const isEachFrame = after < ms(10);
          const idle = isWoken ? plus(after, ms(10)) : isEachFrame ? ms(1) : minus(after, ms(10));
          await step('1. ask for 8 random bytes, long after boot', () => longAfterBoot(board, driver, idle));
          const sight = await step('2. idle until then, and ask again', async () => {
            await board.clock.sleep(idle);
            return wires.during(() => driver.random(8));
          });
          await step('3. look for a wake pulse before the first frame', () => {
            const first = sight.frames[0]!;
            const pulses = sight.wakePulses.filter(({ fall }) => fall < first.fall);
            expect(pulses).toHaveLength(isWoken || isEachFrame ? 1 : 0);
          });
        },
      );
    });

  test.describe(() => {
    test.use({ needs: ['virtual-time'] });
    test(
      'traffic every 300 ms for 30 s needs no wake pulse, except of drivers that wake the chip sooner than that',
      { annotation: source('DRIVER 1.5') },
      async ({ board, driver, wires, datasheet, step }) => {
        await driver.random(8);
        const sight = await step('1. ask for 8 random bytes 100 times, 300 ms apart', () =>
          wires.during(async () => {
            for (let i = 0; i < 100; i++) {
              await board.clock.sleep(ms(300));
              await driver.random(8);
            }
          }),
        );
        await step('2. count the commands, and find no frame that was wrongly woken for or not', () => {
          expect(sight.commands).toHaveLength(100);
          expect(wronglyWoken(datasheet, sight, ms(300))).toEqual([]);
        });
      },
    );
  });
});
