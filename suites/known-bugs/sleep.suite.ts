import { errnoAfter, ms, plus, RULE, seconds, SpiFailure, TPM_DID_VID, us } from '../../fixtures/index.ts';
import { BOTH_KERNELS, EVERY } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import type { Switch } from './words.ts';

/** Longer than the chip stays awake after it was started: 20 s. [CHIP 5] */
const LONG_AFTER_START = seconds(25);

knownBug(
  {
    id: 'K-03',
    title: 'wake settle sleep far too long',
    observable: 'more than 2.5 ms between wake pulse and frame at 100 ticks a second',
    has: ({ wake }) => wake?.settle.kind === 'ticks',
  },
  async ({ step, bindDriver, clock, wires }) => {
    const driver = await step('1. Bind the driver on a host of 100 ticks a second', () =>
      bindDriver({ hz: 100 }),
    );
    await step('2. Leave the chip alone for 30 s, so that it sleeps', () => clock.sleep(seconds(30)));
    const { wakePulses } = await step('3. Read 8 random bytes', () => wires.during(() => driver.random(8)));
    return step('4. Measure the time from the end of the wake pulse to the first frame', () => {
      const [pulse] = wakePulses;
      return (pulse?.settle ?? 0) > ms(2.5);
    });
  },
);

knownBug(
  {
    id: 'K-09',
    title: 'a zero-length wake transfer that does not toggle CS',
    observable: 'the first frame after 25 s of idling is lost',
    has: EVERY,
  },
  async ({ step, bindDriver, clock, faults, chip }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Leave the chip alone for 25 s, so that it sleeps', () => clock.sleep(LONG_AFTER_START));
    const before = chip.counters.lostFrames;
    await step('3. Keep the next wake pulse off the wire; read 8 random bytes', async () => {
      await faults.set({ kind: 'wake-pulse-lost', frames: { count: 1 } });
      await errnoAfter(driver.random(8));
    });
    return step('4. Count the frames that the chip did not hear', () => chip.counters.lostFrames > before);
  },
);

knownBug(
  {
    id: 'L-11',
    title: 'the wake decision is stale when the frame starts',
    observable: 'a frame is lost after the bus was held for 1.2 s',
    has: ({ wake }) => wake?.decides === 'before the bus',
    breaks: [RULE.WAKE_AFTER_IDLE],
  },
  async ({ step, bindDriver, faults, clock, chip, board }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step(
      '2. Let the chip sleep 1 s after each frame; read 8 random bytes and wait for 500 ms',
      async () => {
        await faults.set({ kind: 'chip-sleeps-after', time: seconds(1) });
        await driver.random(8);
        await clock.sleep(ms(500));
      },
    );
    const before = chip.counters.lostFrames;
    await step('3. Let another device hold the bus for 1.2 s; read 8 random bytes meanwhile', () =>
      clock.together([
        async () => {
          const release = await board.bus.acquire();
          await clock.sleep(ms(1200));
          release();
        },
        async () => {
          await errnoAfter(driver.random(8));
        },
      ]),
    );
    return step('4. Count the frames that the chip did not hear', () => chip.counters.lostFrames > before);
  },
);

/** Pauses of 991 to 997.5 ms, in steps of 0.5 ms. */
const PAUSES = Array.from({ length: 14 }, (_, at) => plus(ms(991), us(500 * at)));

knownBug(
  {
    id: 'L-12',
    title: 'no margin in the sleep window',
    observable: 'a chip that sleeps after 990 ms, 10 ms early, loses a frame',
    has: ({ wake }) => wake?.after === ms(1000),
  },
  async ({ step, bindDriver, faults, clock, chip }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Let the chip sleep 990 ms after each frame', () =>
      faults.set({ kind: 'chip-sleeps-after', time: ms(990) }),
    );
    const lost = await step(
      '3. Read 8 random bytes twice, and once more after a pause of 991 to 997.5 ms; count the frames that the chip did not hear in the last read',
      async () => {
        let count = 0;
        for (const pause of PAUSES) {
          for (let i = 0; i < 2; i++) await errnoAfter(driver.random(8));
          const before = chip.counters.lostFrames;
          await clock.sleep(pause);
          await errnoAfter(driver.random(8));
          count += chip.counters.lostFrames - before;
        }
        return count;
      },
    );
    return lost > 0;
  },
);

knownBug(
  {
    id: 'L-13',
    title: 'wake failure unnoticed',
    observable: 'the bus fails the wake pulse with ETIMEDOUT and no error is noted',
    has: BOTH_KERNELS,
    breaks: [RULE.WAKE_AFTER_IDLE],
  },
  async ({ step, bindDriver, clock }) => {
    const broken: Switch = { isOn: false };
    const driver = await step('1. Bind the driver', () =>
      bindDriver(
        {},
        {
          pulse: () => {
            if (broken.isOn) throw new SpiFailure('wake pulse', 110);
          },
        },
      ),
    );
    await step('2. Leave the chip alone for 25 s, so that it sleeps', () => clock.sleep(LONG_AFTER_START));
    broken.isOn = true;
    const errno = await step(
      '3. Let the bus fail every wake pulse with ETIMEDOUT (110); read TPM_DID_VID',
      () => errnoAfter(driver.phy.read32(TPM_DID_VID)),
    );
    return step(
      '4. Look for error -110 in the outcome of the read and among the errors that the driver counted',
      () => errno !== -110 && !driver.counters.errors.has(-110),
    );
  },
);

knownBug(
  {
    id: 'L-14',
    title: 'the wake time is an assumption',
    observable: 'a chip that wakes in 60 ms loses a frame',
    has: EVERY,
  },
  async ({ step, bindDriver, faults, clock, chip }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Let the chip need 60 ms to wake; leave it alone for 25 s, so that it sleeps', async () => {
      await faults.set({ kind: 'chip-wakes-in', time: ms(60) });
      await clock.sleep(LONG_AFTER_START);
    });
    const before = chip.counters.lostFrames;
    await step('3. Read 8 random bytes', () => errnoAfter(driver.random(8)));
    return step('4. Count the frames that the chip did not hear', () => chip.counters.lostFrames > before);
  },
);

/** 2^32 ticks of 1 ms: after these the tick counter shows the same again. */
const ONE_WRAP = ms(2 ** 32);

knownBug(
  {
    id: 'L-24',
    title: 'tick wrap',
    observable: 'no wake pulse after an idle time of one wrap and 500 ms',
    has: BOTH_KERNELS,
    needs: ['weeks-at-rest'],
    breaks: [RULE.WAKE_AFTER_IDLE],
  },
  async ({ step, bindDriver, clock, wires }) => {
    const driver = await step(
      '1. Bind the driver on a host of 1000 ticks a second; read 8 random bytes',
      async () => {
        const bound = await bindDriver({ hz: 1000 });
        await bound.random(8);
        return bound;
      },
    );
    await step('2. Leave the chip alone for 2^32 ticks (49.7 days) and 500 ms', () =>
      clock.sleep(plus(ONE_WRAP, ms(500))),
    );
    const { wakePulses } = await step('3. Read 8 random bytes', () =>
      wires.during(() => errnoAfter(driver.random(8))),
    );
    return step('4. Count the wake pulses', () => wakePulses.length === 0);
  },
);
