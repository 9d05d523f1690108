import type { Board, Duration, HostDriver, Range, Sight, Trace } from '../../fixtures/index.ts';
import {
  between,
  expect,
  LOOKING_AT_LINE,
  minus,
  ms,
  pauseTime,
  plus,
  source,
  test,
  times,
  ZERO,
} from '../../fixtures/index.ts';

const COMMANDS = 20;

/** What 20 commands for 32 random bytes took, and what was on the wires meanwhile. */
interface Work {
  readonly time: Duration;
  readonly sight: Sight;
}

async function askOften({ clock }: Board, driver: HostDriver, wires: Trace): Promise<Work> {
  const before = clock.now();
  const sight = await wires.during(async () => {
    for (let i = 0; i < COMMANDS; i++) await driver.random(32);
  });
  return { time: between(before, clock.now()), sight };
}

/** Wake pulses and the pauses after them. */
const timeOfWaking = ({ wakePulses }: Sight): Duration =>
  wakePulses.reduce((sum, { width, settle = ZERO }) => plus(sum, plus(width, settle)), ZERO);

/** Maximum time of a frame on the wire. */
const FRAME = ms(0.6);
/** Maximum time that the TPM takes for random bytes. */
const RANDOM = ms(5);

/** The time that these frames take when there is a pause before each, except the first. */
const timeOfPauses = ({ least, most }: Range, { frames }: Sight): Range => ({
  least: times(least, frames.length - 1),
  most: plus(times(plus(most, FRAME), frames.length), times(RANDOM, COMMANDS)),
});

test.describe('time per command', () => {
  test.use({ needs: ['virtual-time'] });

  test.describe('with the ready pulse', () => {
    test.use({ needs: ['virtual-time', 'ready-line'], forDrivers: LOOKING_AT_LINE });
    test(
      'GetRandom(32) takes at most 15 ms beside wake pulses, in the mean of 20',
      { annotation: source('DRIVER 2.10', 'CHIP 3') },
      async ({ board, driver, wires, step }) => {
        const { time, sight } = await step('1. ask for 32 random bytes 20 times', () =>
          askOften(board, driver, wires),
        );
        await step('2. compare the mean time, without that of wake pulses', () => {
          expect(times(minus(time, timeOfWaking(sight)), 1 / COMMANDS)).toBeAtMost(ms(15));
        });
      },
    );
  });

  test.describe('without it', () => {
    test.use({ hasInterrupt: false });
    test(
      'GetRandom(32) takes as many pauses of the driver as it has frames, and at most 5 ms more',
      { annotation: source('DRIVER 2.10', 'BUGS L-10') },
      async ({ board, driver, wires, datasheet, step }) => {
        const { time, sight } = await step('1. ask for 32 random bytes 20 times', () =>
          askOften(board, driver, wires),
        );
        await step('2. compare the time with that of the pauses', () => {
          expect(time).toBeWithin(timeOfPauses(pauseTime(datasheet), sight));
        });
      },
    );
  });
});
