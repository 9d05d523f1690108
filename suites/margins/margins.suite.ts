import type {
  Board,
  Chance,
  ChipView,
  Datasheet,
  Duration,
  HostDriver,
  Range,
} from '../../fixtures/index.ts';
import {
  driversThat,
  expect,
  minus,
  ms,
  pauseTime,
  plus,
  pulseWidth,
  seconds,
  settleTime,
  source,
  test,
  times,
  us,
  WAKING,
  ZERO,
} from '../../fixtures/index.ts';

/** The chip listens this long after the edge that wakes it, at most. [CHIP 2] */
const WAKES_WITHIN = us(150);
/** The chip stays awake for this long after a frame. [CHIP 2] */
const SECOND = ms(1000);
/** Hosts without the ready pulse wait this long between frames. [CHIP 3] */
const GAP = ms(2);
/** Points of a sweep. */
const POINTS = 100;

const stepOf = (span: Duration): Duration => times(span, 1 / POINTS);

/** The edge lies in this range, give or take two points. */
const around = ({ least, most }: Range, step: Duration): Range => ({
  least: minus(least, times(step, 2)),
  most: plus(most, times(step, 2)),
});

/** From the edge that wakes the chip to the frame: the wake pulse and the pause after it. */
function wakeTime({ wake, tick }: Datasheet): Range {
  const [pulse, settle] = [pulseWidth(wake!), settleTime(wake!, tick)];
  return { least: plus(pulse.least, settle.least), most: plus(pulse.most, settle.most) };
}

/** Two commands that may fail: a driver that was left waiting is well after them. */
async function calm(driver: HostDriver): Promise<void> {
  await driver.random(8).catch(() => undefined);
  await driver.random(8).catch(() => undefined);
}

/** Whether the chip loses a frame of a command. */
async function losesFrame(chip: ChipView, driver: HostDriver): Promise<boolean> {
  const before = chip.counters.lostFrames;
  await driver.random(8).catch(() => undefined);
  return chip.counters.lostFrames > before;
}

/** Idles so that the phase of the host's tick is a matter of chance. */
const idleAbout = ({ clock }: Board, time: Duration, chance: Chance): Promise<void> =>
  clock.sleep(plus(time, us(chance.integer(0, 20_000))));

test.describe('margins', () => {
  test.use({ needs: ['virtual-time', 'chip-view', 'faults'] });

  test.describe('of waking', () => {
    test.use({ forDrivers: WAKING });

    test(
      'a chip that wakes later than the driver waits from the edge of its wake pulse on loses the frame, and one that wakes earlier does not',
      { annotation: source('DRIVER 1.5', 'CHIP 2', 'BUGS K-03') },
      async ({ board, chip, faults, driver, datasheet, sweep, step }) => {
        const awake = wakeTime(datasheet);
        const size = stepOf(times(awake.most, 2));
        const edge = await step('1. sweep the time that the chip takes to wake', () =>
          sweep(
            { what: 'wake latency', from: size, to: times(awake.most, 2), step: size, need: WAKES_WITHIN },
            async (time, chance) => {
              await faults.set({ kind: 'chip-wakes-in', time });
              await calm(driver);
              await idleAbout(board, seconds(2), chance);
              const isLost = await losesFrame(chip, driver);
              await faults.clear();
              return isLost;
            },
          ),
        );
        await step('2. compare the edge with pulse and pause of the datasheet', () => {
          expect(edge.lowFails).toBe(false);
          expect(edge.from).toBeWithin(around(awake, size));
        });
      },
    );
  });

  test.describe('of falling asleep', () => {
    test.use({
      forDrivers: driversThat(
        ({ wake }) => wake !== undefined && wake.after > ms(10),
        'It wakes the chip before every frame, or never.',
      ),
    });

    test(
      'a chip that falls asleep before the driver takes it for asleep loses the frame, and one that falls asleep later does not',
      { annotation: source('DRIVER 1.5', 'CHIP 2', 'BUGS L-12') },
      async ({ board, chip, faults, driver, datasheet, sweep, step }) => {
        const { after } = datasheet.wake!;
        const size = ms(2);
        const reach = plus(ms(100), times(datasheet.tick, 4));
        const edge = await step('1. sweep the time after which the chip sleeps', () =>
          sweep(
            {
              what: 'time until sleep',
              from: minus(after, reach),
              to: plus(after, reach),
              step: size,
              need: SECOND,
            },
            async (time, chance) => {
              await faults.set({ kind: 'chip-sleeps-after', time });
              await calm(driver);
              // The longest idle times after which the driver does not wake the chip are what tells.
              const idle = minus(after, plus(us(300), us(chance.integer(0, 1000))));
              await board.clock.sleep(minus(idle, times(datasheet.tick, 2)));
              const isLost = await losesFrame(chip, driver);
              await faults.clear();
              return isLost;
            },
          ),
        );
        await step('2. compare the edge with the time of the datasheet', () => {
          expect(edge.lowFails).toBe(true);
          const least = minus(minus(after, times(datasheet.tick, 2)), ms(4));
          expect(edge.to).toBeWithin(around({ least, most: after }, size));
        });
      },
    );
  });

  test.describe('of pauses', () => {
    test.use({
      hasInterrupt: false,
      forDrivers: driversThat(
        ({ cannotBind, pauseWithoutPulse }) => cannotBind === undefined && pauseWithoutPulse > ZERO,
        'It does not bind, or does not pause.',
      ),
    });

    test(
      'a chip that is busy for longer than the driver pauses between frames loses one, and one that is busy for less does not',
      { annotation: source('DRIVER 1.4', 'CHIP 3', 'BUGS L-10') },
      async ({ chip, faults, driver, datasheet, sweep, step }) => {
        const pause = pauseTime(datasheet);
        const size = stepOf(times(pause.most, 2));
        const edge = await step('1. sweep how long the chip is busy after a frame', () =>
          sweep(
            { what: 'busy after a frame', from: size, to: times(pause.most, 2), step: size, need: GAP },
            async (time) => {
              await faults.set({ kind: 'chip-busy', time });
              const isLost = await losesFrame(chip, driver);
              await faults.clear();
              await calm(driver);
              return isLost;
            },
          ),
        );
        await step('2. compare the edge with the pause of the datasheet', () => {
          expect(edge.lowFails).toBe(false);
          expect(edge.from).toBeWithin(around(pause, size));
        });
      },
    );
  });
});
