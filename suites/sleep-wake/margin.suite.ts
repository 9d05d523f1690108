import type { Board, ChipView, Datasheet, Duration, HostDriver } from '../../fixtures/index.ts';
import {
  expect,
  isWokenAfter,
  minus,
  ms,
  plus,
  RULE,
  seconds,
  settleTime,
  source,
  test,
  wakeCost,
  WAKING,
  ZERO,
} from '../../fixtures/index.ts';

/** The chip may sleep after it was idle for this long. [CHIP 2] */
const SECOND = ms(1000);

/** From 985 to 1015 ms, closer together where a wake pulse and its pause could span the chip's second. */
function idleTimes(driver: Datasheet): Duration[] {
  const { wake, tick } = driver;
  const coarse = Array.from({ length: 61 }, (_, step) => ms(985 + step / 2));
  if (wake === undefined || tick > ZERO) return coarse;
  const span = plus(wake.pulse, settleTime(wake, tick).least);
  const fine = Array.from({ length: 24 }, (_, step) =>
    plus(minus(SECOND, span), ((span * step) / 16) as Duration),
  );
  return [...coarse, ...fine].map((time) => Math.round(time) as Duration).sort((a, b) => a - b);
}

/** Idles once for each time and asks for random bytes after it. Answers the idle times whose first frame was lost. */
async function sweep(
  board: Board,
  chip: ChipView,
  driver: HostDriver,
  idles: readonly Duration[],
): Promise<Duration[]> {
  const lostAfter: Duration[] = [];
  for (const idle of idles) {
    // A failed command may leave the driver waiting; the next one starts from a chip that is awake and has answered.
    await driver.random(8).catch(() => undefined);
    await driver.random(8).catch(() => undefined);
    const before = chip.counters.lostFrames;
    await board.clock.sleep(idle);
    await driver.random(8).catch(() => undefined);
    if (chip.counters.lostFrames > before) lostAfter.push(idle);
  }
  return lostAfter;
}

test.describe('margin', () => {
  test.use({ needs: ['virtual-time', 'chip-view', 'faults'], forDrivers: WAKING });

  test(
    'when the chip sleeps after exactly 1000 ms, a wake pulse that finds it just awake costs the frame, except of a driver that keeps away from that moment',
    { annotation: source('DRIVER 1.5', 'CHIP 2', 'BUGS L-12') },
    async ({ board, chip, faults, driver, datasheet, step }) => {
      await step('1. let the chip sleep 1000 ms after every frame, woken or not', () =>
        faults.set({ kind: 'chip-sleeps-after', time: ms(1000) }),
      );
      const lostAfter = await step('2. sweep the idle time from 985 to 1015 ms', () =>
        sweep(board, chip, driver, idleTimes(datasheet)),
      );
      await step('3. look after which idle times a frame was lost: none, or only those at the edge', () => {
        // The chip may fall asleep during the pulse or the pause after it.
        const earliest = minus(minus(SECOND, wakeCost(datasheet)), ms(1));
        expect(lostAfter.filter((idle) => idle < earliest || idle > ms(1000.5))).toEqual([]);
        const { avoidsEdge, after } = datasheet.wake!;
        const isAtEdge = after > ms(990) && datasheet.tick === ZERO;
        if (avoidsEdge) expect(lostAfter).toEqual([]);
        else if (!isAtEdge) expect(lostAfter).not.toEqual([]);
      });
    },
  );

  test(
    'a chip that sleeps 10 ms early loses the frames of the drivers that take it for awake until 1000 ms, and of no other',
    { annotation: source('BUGS L-12') },
    async ({ board, chip, faults, driver, datasheet, step }) => {
      await step('1. let the chip sleep 990 ms after every frame', () =>
        faults.set({ kind: 'chip-sleeps-after', time: ms(990) }),
      );
      const lostAfter = await step('2. sweep the idle time from 985 to 1015 ms', () =>
        sweep(board, chip, driver, idleTimes(datasheet)),
      );
      await step('3. look at the idle times from 991 to 998 ms', () => {
        const early = lostAfter.filter((idle) => idle >= ms(991) && idle <= ms(998));
        const isWoken = isWokenAfter(datasheet, ms(991));
        if (isWoken === true) expect(early).toEqual([]);
        if (isWoken === false) expect(early).not.toEqual([]);
      });
    },
  );

  test.describe('of a driver that waits for the bus', () => {
    test.use({ needs: ['virtual-time', 'chip-view', 'faults', 'bus-lock'] });
    test(
      'a bus that is busy for 1.2 s between decision and frame loses the frame of a driver that decides before it has the bus',
      { annotation: source('BUGS L-11') },
      async ({ board, chip, faults, driver, datasheet, provoking, step }) => {
        const { decides, after } = datasheet.wake!;
        const isStale = decides === 'before the bus' && after > ms(500);
        await step(
          '1. let the chip sleep 1000 ms after every frame; ask for 8 random bytes; wait 0.5 s',
          async () => {
            await faults.set({ kind: 'chip-sleeps-after', time: seconds(1) });
            await driver.random(8);
            await board.clock.sleep(ms(500));
          },
        );
        const lost = chip.counters.lostFrames;
        await step('2. hold the bus for 1.2 s while the driver wants it', () =>
          provoking(isStale ? [RULE.WAKE_AFTER_IDLE] : [], () =>
            board.clock.together([
              async () => {
                const release = await board.bus.acquire();
                await board.clock.sleep(ms(1200));
                release();
              },
              async () => {
                await driver.random(8).catch(() => undefined);
              },
            ]),
          ),
        );
        await step('3. count the lost frames', () => {
          expect(chip.counters.lostFrames > lost).toBe(isStale);
        });
      },
    );
  });
});
