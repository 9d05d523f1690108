import type { Board, Chance, ChipView, Duration, HostDriver } from '../../fixtures/index.ts';
import { expect, ms, seconds, showDuration, source, test, WAKING } from '../../fixtures/index.ts';

const CYCLES = 1000;

/** Idle times up to 8 s, most of them around the second after which the chip may sleep. */
const idleTimes = (chance: Chance): Duration[] =>
  Array.from({ length: CYCLES }, (_, number) =>
    ms(number % 3 === 0 ? chance.integer(1, 8000) : chance.integer(900, 1100)),
  );

interface Complaint {
  readonly cycle: number;
  readonly idle: string;
  readonly lost: number;
  /** The driver took the chip to be awake, and it fell asleep between the wake pulse and the frame. */
  readonly fellAsleep: boolean;
  readonly answer: string;
}

/** One command after each idle time; answers what went wrong. */
async function endure(
  board: Board,
  chip: ChipView,
  driver: HostDriver,
  chance: Chance,
): Promise<Complaint[]> {
  const complaints: Complaint[] = [];
  for (const [cycle, idle] of idleTimes(chance).entries()) {
    await board.clock.sleep(idle);
    const { lostFrames } = chip.counters;
    const wasAwake = !chip.isAsleep;
    const answer = await driver.random(8).then(({ length }) => `${length} bytes`, String);
    const lost = chip.counters.lostFrames - lostFrames;
    if (lost > 0 || answer !== '8 bytes')
      complaints.push({ cycle, idle: showDuration(idle), lost, fellAsleep: wasAwake && lost === 1, answer });
  }
  return complaints;
}

test.describe('endurance', () => {
  test.use({ needs: ['virtual-time', 'chip-view'], forDrivers: WAKING });

  test(
    '1,000 commands after random idle times are answered, and no frame is lost but to a chip that falls asleep between pulse and frame',
    { annotation: source('CHIP 2', 'DRIVER 1.5', 'BUGS L-12') },
    async ({ board, chip, driver, chance, datasheet, step }) => {
      await step('1. wait until the chip may sleep', () => board.clock.sleep(seconds(25)));
      const slept = chip.counters.sleeps;
      const complaints = await step('2. idle for a random time and ask for 8 random bytes, 1,000 times', () =>
        endure(board, chip, driver, chance),
      );
      await step('3. look for lost frames; the chip must have slept', () => {
        // Where a lost frame is not repeated, the command may fail with it.
        const mayFail = datasheet.repeats === 0;
        const isExcused = ({ fellAsleep, answer }: Complaint): boolean =>
          fellAsleep && (mayFail || answer === '8 bytes');
        expect(complaints.filter((complaint) => !isExcused(complaint))).toEqual([]);
        // Otherwise the excuse would hide a driver that never wakes the chip in time.
        expect(complaints.length).toBeLessThan(CYCLES / 50);
        expect(chip.counters.sleeps - slept).toBeGreaterThan(100);
      });
    },
  );
});
