import {
  assertSelect,
  between,
  errnoAfter,
  hertz,
  LOGGED,
  ms,
  RULE,
  seconds,
  STS,
  TPM_DATA_FIFO,
  TPM_DID_VID,
  TPM_RID,
  TPM_STS,
  us,
} from '../../fixtures/index.ts';
import type { BugTools } from './tools.ts';
import { BOTH_KERNELS, NOBODY } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import type { OwnDriver } from '../../fixtures/index.ts';
import { hasLogged, lostFrames } from './words.ts';

const READY_LINE = ['ready-line'] as const;

knownBug(
  {
    id: 'K-07',
    title: 'a pause too short for a busy chip',
    observable: 'without interrupt, frames are lost to a chip that is busy for 5 ms',
    has: BOTH_KERNELS,
  },
  async ({ step, bindDriver, faults, chip }) => {
    const driver = await step('1. Bind the driver, without interrupt, on a host of 1000 ticks a second', () =>
      bindDriver({ hasInterrupt: false, hz: 1000 }),
    );
    await step('2. Keep the chip busy for 5 ms after each frame', () =>
      faults.set({ kind: 'chip-busy', time: ms(5) }),
    );
    const before = lostFrames(chip);
    await step('3. Read 16 random bytes', () => errnoAfter(driver.random(16)));
    return step('4. Count the frames that the chip did not hear', () => lostFrames(chip) > before);
  },
);

knownBug(
  {
    id: 'K-14',
    title: 'ready pulse too short for the host',
    observable: 'GetRandom of 32 bytes takes more than 5 s once pulses are missed',
    has: BOTH_KERNELS,
    needs: READY_LINE,
  },
  async ({ step, bindDriver, faults, clock }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Make the pulses of INT_AP_L 2 us wide for a host that needs 4 us', () =>
      faults.set({ kind: 'ready-width', width: us(2), hostNeeds: us(4) }),
    );
    const before = clock.now();
    await step('3. Read 32 random bytes', () => errnoAfter(driver.random(32)));
    return between(before, clock.now()) > seconds(5);
  },
);

knownBug(
  {
    id: 'L-09',
    title: 'noise disables the pacing',
    observable: 'at least one of 5 commands fails on a chip busy for 3 ms, with noise of 10 kHz on the line',
    has: BOTH_KERNELS,
    needs: READY_LINE,
  },
  async ({ step, bindDriver, faults }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step(
      '2. Put noise of 10,000 edges a second on INT_AP_L; keep the chip busy for 3 ms after each frame',
      async () => {
        await faults.set({ kind: 'ready-noise', rate: hertz(10_000) });
        await faults.set({ kind: 'chip-busy', time: ms(3) });
      },
    );
    await step('3. Read 8 random bytes twice, so that the driver can find out about the line', async () => {
      for (let i = 0; i < 2; i++) await errnoAfter(driver.random(8));
    });
    const errnos = await step('4. Read 8 random bytes five times', async () => {
      const all: number[] = [];
      for (let i = 0; i < 5; i++) all.push(await errnoAfter(driver.random(8)));
      return all;
    });
    return errnos.some((errno) => errno !== 0);
  },
);

knownBug(
  {
    id: 'L-10',
    title: 'the 2 ms pause is not guaranteed',
    observable: 'a gap below 2 ms between two frames without interrupt',
    has: BOTH_KERNELS,
    breaks: [RULE.GAP_WITHOUT_PULSE],
  },
  async ({ step, bindDriver, clock, wires }) => {
    const driver = await step('1. Bind the driver, without interrupt, on a host of 250 ticks a second', () =>
      bindDriver({ hasInterrupt: false, hz: 250 }),
    );
    const { gaps } = await step(
      '2. Read TPM_RID 300 times, after pauses of 4 to 8 ms and of 0 to 2 ms by turns',
      () =>
        wires.during(async () => {
          for (let i = 0; i < 300; i++) {
            // A long pause ends anywhere in a tick of 4 ms; a short one may pass the end of that tick.
            await clock.sleep(us(i % 2 === 0 ? 4000 + ((i * 613) % 4000) : (i * 397) % 2000));
            await driver.phy.read8(TPM_RID);
          }
        }),
    );
    return step('3. Compare the shortest gap with 2 ms', () => Math.min(...gaps) < ms(2));
  },
);

knownBug(
  {
    id: 'L-15',
    title: 'pulses without a frame',
    observable: 'an empty CS assertion gives a ready pulse',
    has: NOBODY,
    needs: READY_LINE,
  },
  async ({ step, board, chip, clock }) => {
    const before = chip.counters.readyPulses;
    await step('1. Leave the chip alone for 25 s', () => clock.sleep(seconds(25)));
    await step('2. Assert CS five times for 1 ms without a clock, 30 ms apart', async () => {
      for (let i = 0; i < 5; i++) {
        await assertSelect(board, ms(1));
        await clock.sleep(ms(30));
      }
    });
    return step('3. Count the ready pulses of the chip', () => chip.counters.readyPulses > before);
  },
);

/**
 * Reads TPM_DID_VID, 64 bytes of the FIFO and TPM_RID; the first frame's pulse comes `late` milliseconds late, and the
 * second frame has none. Answers whether the third frame came within 1 ms although the only pulse before it was the late one.
 */
async function trustsLatePulse(
  { board, clock, faults, wires }: BugTools,
  driver: OwnDriver,
  late: number,
): Promise<boolean> {
  for (let i = 0; i < 3; i++) await errnoAfter(driver.phy.read32(TPM_DID_VID));
  await clock.sleep(ms(10));
  await faults.set({ kind: 'ready-late', by: ms(late), frames: { count: 1 } });
  await faults.set({ kind: 'ready-missing', frames: { from: 1, count: 1 } });
  const edges: number[] = [];
  const stop = board.ready?.observe((edge, at) => {
    if (edge === 'deasserted') edges.push(at);
  });
  const { frames, gaps } = await wires.during(async () => {
    await errnoAfter(driver.phy.read32(TPM_DID_VID));
    await errnoAfter(driver.phy.read(TPM_DATA_FIFO, new Uint8Array(64)));
    await errnoAfter(driver.phy.read8(TPM_RID));
  });
  stop?.();
  await faults.clear();
  const [, second, third] = frames;
  if (second === undefined || third === undefined) return false;
  const areInSecond = edges
    .filter((at) => at < third.fall)
    .every((at) => at > second.fall && at < second.rise);
  return areInSecond && (gaps[1] ?? Infinity) < ms(1);
}

knownBug(
  {
    id: 'L-16',
    title: 'a late pulse counts for the wrong frame',
    observable: 'a frame follows within 1 ms although the pulse of the last one is missing',
    has: ({ trustsLine, pairsPulses }) => trustsLine !== 'never' && !pairsPulses,
    needs: READY_LINE,
  },
  async (tools) => {
    const { step, bindDriver } = tools;
    const driver = await step('1. Bind the driver', () => bindDriver());
    return step(
      '2. Delay the pulse of one frame by 748 to 756 ms, in steps of 0.1 ms, so that it falls into the next frame, whose own pulse is missing; measure the gap to the third frame',
      async () => {
        for (let late = 748; late < 756; late += 0.1) {
          if (await trustsLatePulse(tools, driver, late)) return true;
          if (driver.trust !== 'trusted') return false;
        }
        return false;
      },
    );
  },
);

knownBug(
  {
    id: 'L-17',
    title: 'no reset on error exits',
    observable: 'the access after a stalled one waits 700 ms for a pulse that cannot come',
    has: ({ holdsCsAfterStall }) => holdsCsAfterStall,
    needs: READY_LINE,
  },
  async ({ step, bindDriver, faults, wires }) => {
    const driver = await step('1. Bind the driver and read 8 random bytes', async () => {
      const bound = await bindDriver();
      await bound.random(8);
      return bound;
    });
    const { gaps } = await step(
      '2. Read TPM_RID twice; let the chip stall the first of the two frames for ever',
      () =>
        wires.during(async () => {
          await faults.set({ kind: 'chip-stall', frames: { count: 1 } });
          await errnoAfter(driver.phy.read8(TPM_RID));
          await faults.clear();
          await errnoAfter(driver.phy.read8(TPM_RID));
        }),
    );
    // A driver that leaves CS asserted has one frame here and no gap: its log tells of the wait.
    return step('3. Look in its log for a wait that ran out, and for a gap of more than 700 ms', () => {
      return hasLogged(driver, LOGGED.pulseTimeout) || gaps.some((gap) => gap > ms(700));
    });
  },
);

knownBug(
  {
    id: 'L-45',
    title: 'pacing is needed for writes',
    observable: 'at least one of 10 writes is merged or lost on a chip busy for 5 ms, without interrupt',
    has: BOTH_KERNELS,
  },
  async ({ step, bindDriver, faults, chip }) => {
    const driver = await step('1. Bind the driver, without interrupt, on a host of 1000 ticks a second', () =>
      bindDriver({ hasInterrupt: false, hz: 1000 }),
    );
    await step('2. Keep the chip busy for 5 ms after each frame', () =>
      faults.set({ kind: 'chip-busy', time: ms(5) }),
    );
    const before = lostFrames(chip);
    await step('3. Write commandReady to TPM_STS ten times', async () => {
      for (let i = 0; i < 10; i++) await errnoAfter(driver.phy.write8(TPM_STS, STS.commandReady));
    });
    return step(
      '4. Count the frames that the chip did not hear, or heard as part of another',
      () => lostFrames(chip) > before,
    );
  },
);
