import type { Board, ChipView, HostDriver } from '../../fixtures/index.ts';
import {
  expect,
  expected,
  forAll,
  KERNEL,
  ms,
  POKED_ONCE,
  seconds,
  source,
  test,
} from '../../fixtures/index.ts';

const HOSTS = ['coreboot', 'depthcharge', 'windows', 'opentitan'];

const IDLE_TIMES = Array.from({ length: 61 }, (_, step) => 985 + step / 2);

/** Idles once for each time and asks for random bytes after it. Answers the idle times whose first frame was lost. */
async function sweep(board: Board, chip: ChipView, stack: HostDriver): Promise<number[]> {
  const lostAfter: number[] = [];
  for (const idle of IDLE_TIMES) {
    // A failed command may leave the driver waiting; the next one starts from a chip that is awake and has answered.
    await stack.random(8).catch(() => undefined);
    await stack.random(8).catch(() => undefined);
    const before = chip.counters.lostFrames;
    await board.clock.sleep(ms(idle));
    await stack.random(8).catch(() => undefined);
    if (chip.counters.lostFrames > before) lostAfter.push(idle);
  }
  return lostAfter;
}

test.describe('margin', () => {
  test.use({ needs: ['virtual-time', 'chip-view', 'faults'], allBut: POKED_ONCE });

  test(
    'when the chip sleeps after exactly 1000 ms, a wake pulse that finds it just awake costs every driver but recommended the frame',
    { annotation: source('DRIVER 1.5', 'CHIP 2', 'BUGS L-12') },
    async ({ board, chip, faults, anyStack: stack, profile, step }) => {
      await step('1. let the chip sleep 1000 ms after every frame, woken or not', () =>
        faults.set({ kind: 'chip-sleeps-after', time: ms(1000) }),
      );
      const lostAfter = await step('2. sweep the idle time from 985 to 1015 ms', () =>
        sweep(board, chip, stack),
      );
      await step('3. look after which idle times a frame was lost: none, or only those at the edge', () => {
        // Pulse and pause together last up to 4 ms, and the chip may fall asleep in the middle of them.
        expect(lostAfter.filter((idle) => idle < 995 || idle > 1000.5)).toEqual([]);
        expect(lostAfter.length > 0, `lost after ${lostAfter.join(', ')} ms`).toBe(
          expected({ ...forAll([...KERNEL, ...HOSTS], true), recommended: false }, profile.name),
        );
      });
    },
  );

  test(
    'a chip that sleeps 10 ms early loses frames of the drivers that count 1000 ms, and none of the one that counts 900 ms',
    { annotation: source('BUGS L-12') },
    async ({ board, chip, faults, anyStack: stack, profile, step }) => {
      await step('1. let the chip sleep 990 ms after every frame', () =>
        faults.set({ kind: 'chip-sleeps-after', time: ms(990) }),
      );
      const lostAfter = await step('2. sweep the idle time from 985 to 1015 ms', () =>
        sweep(board, chip, stack),
      );
      await step('3. look at the idle times from 991 to 998 ms', () => {
        const early = lostAfter.filter((idle) => idle >= 991 && idle <= 998);
        expect(early.length > 0, `lost after ${lostAfter.join(', ')} ms`).toBe(
          expected({ ...forAll(KERNEL, true), ...forAll(['recommended', ...HOSTS], false) }, profile.name),
        );
      });
    },
  );

  test(
    'a bus that is busy for 1.2 s between decision and frame loses the frame of a driver that decides before it has the bus',
    { annotation: source('BUGS L-11') },
    async ({ board, chip, faults, anyStack: stack, profile, step }) => {
      await step(
        '1. let the chip sleep 1000 ms after every frame; ask for 8 random bytes; wait 0.5 s',
        async () => {
          await faults.set({ kind: 'chip-sleeps-after', time: seconds(1) });
          await stack.random(8);
          await board.clock.sleep(ms(500));
        },
      );
      const lost = chip.counters.lostFrames;
      await step('2. hold the bus for 1.2 s while the driver wants it', async () => {
        await faults.set({ kind: 'bus-held', time: ms(1200) });
        await stack.random(8).catch(() => undefined);
      });
      await step('3. count the lost frames', () => {
        expect(chip.counters.lostFrames > lost).toBe(
          expected({ ...forAll(KERNEL, true), ...forAll(['recommended', ...HOSTS], false) }, profile.name),
        );
      });
    },
  );
});
