import type { Board, HostDriver } from '../../fixtures/index.ts';
import {
  between,
  execute,
  expect,
  inMs,
  ms,
  needsCommand,
  powerUp,
  pulseReset,
  seconds,
  source,
  test as base,
  tpm,
  upTo,
} from '../../fixtures/index.ts';

/** What one ReadClock said, with the board's time when it was asked and when it was answered, in ms. */
interface Reading {
  readonly asked: number;
  readonly answered: number;
  readonly time: number;
  readonly clock: number;
  readonly resets: number;
  readonly restarts: number;
  readonly isSafe: boolean;
}

type Read = (driver: HostDriver) => Promise<Reading>;

const test = base.extend<{ read: Read; msNow: () => number }>({
  msNow: async ({ board }, use) => {
    const began = board.clock.now();
    await use(() => inMs(between(began, board.clock.now())));
  },
  read: async ({ rig, msNow: now }, use) => {
    await use(async (by) => {
      await needsCommand(by, tpm.readClock(), rig);
      const asked = now();
      const info = await execute(by, tpm.readClock());
      return {
        asked,
        answered: now(),
        time: Number(info.timeMs),
        clock: Number(info.clockMs),
        resets: info.resetCount,
        restarts: info.restartCount,
        isSafe: info.isSafe,
      };
    });
  },
});

/**
 * The clock counts whole milliseconds at the speed of the board's clock. Each reading lies somewhere within its
 * command.
 */
function expectSame(board: Board, a: Reading, b: Reading, of: 'time' | 'clock'): void {
  const passed = b[of] - a[of];
  expect(passed, `ms that ${of} moved on`).toBeGreaterThanOrEqual(b.asked - a.answered - 1);
  expect(passed, `ms that ${of} moved on`).toBeLessThanOrEqual(
    inMs(upTo(board, ms(b.answered - a.asked + 1))),
  );
}

/** Milliseconds of the clock between two times that it is stored. [TPM2 Part 1, 36.3] */
const STORED_EVERY = 4096;

/**
 * What `isSafe` may be after a reset without Shutdown: true when the clock was stored since Startup. The reset came before
 * Startup, so both are right when the clock was stored between them. [TPM2 Part 1, 36.3]
 */
function safeAfterReset({ clock, time, asked }: Reading, started: number): boolean[] {
  const atReset = clock - time - 1;
  const atStart = clock - (asked - started) + 1;
  const storings = (at: number): number => Math.floor(at / STORED_EVERY);
  return [atReset, atStart].map((at) => storings(clock) > storings(at));
}

test.describe('clock of the TPM', () => {
  test.use({ about: 'chip', needs: ['tpm-clock'] });

  for (const [what, idle] of [
    ['10 ms', ms(10)],
    ['3 s', seconds(3)],
    ['25 s, asleep', seconds(25)],
  ] as const)
    test(
      `time and clock move on by what passed, ${what}`,
      { annotation: source('CHIP 2', 'CHIP 5.5', 'TPM2 Part 3, 29.1') },
      async ({ board, driver, read, step }) => {
        const before = await step('1. read the clock', () => read(driver));
        await step('2. wait', () => board.clock.sleep(idle));
        const after = await step('3. read it again', () => read(driver));
        await step('4. compare with the time of the board', () => {
          expectSame(board, before, after, 'time');
          expectSame(board, before, after, 'clock');
          const { resets, restarts, isSafe } = before;
          expect(after).toMatchObject({ resets, restarts, isSafe });
        });
      },
    );

  test.describe('and resets', () => {
    test.use({ needs: ['reset', 'tpm-clock'] });

    test(
      'a sleep via firmware is one restart more; the clock goes on, and time begins again with the reset',
      { annotation: source('CHIP 5.5', 'CHIP 6', 'TPM2 Part 1, 36.5') },
      async ({ board, driver, platform, read, step }) => {
        const before = await step('1. read the clock 5 s after the start', async () => {
          await board.clock.sleep(seconds(5));
          return read(driver);
        });
        await step('2. sleep for 7 s via firmware', () => platform.sleep(driver, 'via-firmware', seconds(7)));
        const after = await step('3. read it again', () => read(driver));
        await step('4. compare', () => {
          expectSame(board, before, after, 'clock');
          expect(after.time).toBeLessThan(before.time);
          const { resets, restarts } = before;
          expect(after).toMatchObject({ resets, restarts: restarts + 1, isSafe: true });
        });
      },
    );

    test(
      'a reset without Shutdown is one reset more, and the clock is not safe until it is stored',
      { annotation: source('CHIP 5.5', 'CHIP 6', 'TPM2 Part 1, 36.3') },
      async ({ board, ownDriver: driver, platform, read, msNow, step }) => {
        const before = await step('1. read the clock, let go of the chip', async () => {
          const reading = await read(driver);
          driver.abandon();
          return reading;
        });
        const started = await step('2. reset it, start it, bind the driver', async () => {
          await pulseReset(board);
          await platform.firmware.start('clear');
          const now = msNow();
          await driver.probe();
          return now;
        });
        const after = await step('3. read the clock again', () => read(driver));
        await step('4. compare', () => {
          expect(after.clock).toBeGreaterThanOrEqual(before.clock);
          const { resets } = before;
          expect(after).toMatchObject({ resets: resets + 1, restarts: 0 });
          expect(safeAfterReset(after, started), 'values that isSafe may have').toContain(after.isSafe);
        });
      },
    );
  });

  test.describe('and power', () => {
    test.use({ needs: ['reset', 'power', 'tpm-clock'] });

    test(
      'time begins again with power, and the clock does not go back',
      { annotation: source('CHIP 5.5', 'CHIP 6', 'TPM2 Part 1, 36.2') },
      async ({ board, driver, platform, read, step }) => {
        const before = await step(
          '1. read the clock 5 s after the start, and unbind the driver',
          async () => {
            await board.clock.sleep(seconds(5));
            const reading = await read(driver);
            await driver.remove();
            return reading;
          },
        );
        await step('2. switch the supply off for 1 s, then on, and bind again', async () => {
          await board.power!.off();
          await board.clock.sleep(seconds(1));
          await powerUp(board);
          await platform.firmware.start('clear');
          await driver.probe();
        });
        const after = await step('3. read the clock again', () => read(driver));
        await step('4. compare', () => {
          expect(after.time).toBeLessThan(before.time);
          expect(after.clock).toBeGreaterThanOrEqual(before.clock);
          expect(after.resets).toBe(before.resets + 1);
        });
      },
    );
  });
});
