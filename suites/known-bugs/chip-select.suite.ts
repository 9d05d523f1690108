import { errnoAfter, ms, seconds, TPM_DATA_FIFO, TPM_RID, TPM_STS, us } from '../../fixtures/index.ts';
import { EVERY, NOBODY } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import { NO_INTERRUPT, readsIdentity } from './words.ts';

knownBug(
  {
    id: 'K-01',
    title: 'chip select stays active after a failed access',
    observable: 'a frame that ends in a time-out leaves CS asserted',
    has: ({ holdsCsAfterStall }) => holdsCsAfterStall,
  },
  async ({ step, bindDriver, faults, wires }) => {
    const driver = await step('1. Bind the driver, without interrupt', () => bindDriver(NO_INTERRUPT));
    await step(
      '2. Let the chip stall the next two frames for ever; read TPM_RID, which times out',
      async () => {
        await faults.set({ kind: 'chip-stall', frames: { count: 2 } });
        await errnoAfter(driver.phy.read8(TPM_RID));
      },
    );
    await step('3. Read TPM_DID_VID', () => readsIdentity(driver));
    return step('4. Look for a frame at whose end CS stayed asserted', () =>
      wires.since().frames.some(({ ending }) => ending === 'held'),
    );
  },
);

knownBug(
  {
    id: 'K-10',
    title: 'CS glitch when the pin changes hands',
    observable: 'a frame is lost or times out after a glitch of 1 to 50 us',
    has: NOBODY,
  },
  async ({ step, bindDriver, faults, chip }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    const before = chip.counters.lostFrames;
    const areRight = await step(
      '2. Assert CS for 1, 5, 20 and 50 us without a clock; read TPM_DID_VID after each',
      async () => {
        const right: boolean[] = [];
        for (const width of [us(1), us(5), us(20), us(50)]) {
          await faults.set({ kind: 'cs-glitch', width });
          right.push(await readsIdentity(driver));
        }
        return right;
      },
    );
    return step(
      '3. Look for a wrong identity, or a frame that the chip did not hear',
      () => areRight.includes(false) || chip.counters.lostFrames > before,
    );
  },
);

knownBug(
  {
    id: 'K-11',
    title: 'a controller that ignores keep-CS',
    observable: 'at least one of 20 reads of TPM_DID_VID is wrong or fails',
    has: EVERY,
  },
  async ({ step, bindDriver, faults }) => {
    const driver = await step('1. Bind the driver, without interrupt', () => bindDriver(NO_INTERRUPT));
    await step('2. Release CS for a moment between header and wait bytes, from now on', () =>
      faults.set({ kind: 'cs-not-kept' }),
    );
    const areRight = await step('3. Read TPM_DID_VID 20 times', async () => {
      const right: boolean[] = [];
      for (let i = 0; i < 20; i++) right.push(await readsIdentity(driver));
      return right;
    });
    return areRight.includes(false);
  },
);

knownBug(
  {
    id: 'K-12',
    title: 'a controller that releases CS inside the access',
    observable: 'a frame that is not whole, or more CS assertions than accesses',
    has: NOBODY,
  },
  async ({ step, bindDriver, faults, wires }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    const before = driver.counters.accesses;
    const { frames } = await step(
      '2. Read 1, 2, 16 and 64 bytes of the FIFO while the chip adds 0, 1, 10 and 1000 wait bytes',
      () =>
        wires.during(async () => {
          for (const waitBytes of [0, 1, 10, 1000]) {
            await faults.set({ kind: 'chip-stall', waitBytes, frames: { count: 4 } });
            for (const size of [1, 2, 16, 64]) await driver.phy.read(TPM_DATA_FIFO, new Uint8Array(size));
          }
        }),
    );
    return step('3. Count frames and accesses, and look for a frame that is not whole', () => {
      const accesses = driver.counters.accesses - before;
      return frames.some(({ isWhole }) => !isWhole) || frames.length !== accesses;
    });
  },
);

knownBug(
  {
    id: 'L-01',
    title: 'CS left active when the probe fails',
    observable: 'CS stays asserted after a probe that failed with MISO held low',
    has: ({ holdsCsAfterStall }) => holdsCsAfterStall,
  },
  async ({ step, makeDriver, faults, wires }) => {
    await step('1. Hold MISO low', () => faults.set({ kind: 'line-stuck', line: 'MISO', level: 'low' }));
    await step('2. Bind the driver, without interrupt: the probe fails', () =>
      errnoAfter(makeDriver(NO_INTERRUPT).probe()),
    );
    return step('3. Look for a frame at whose end CS stayed asserted', () =>
      wires.since().frames.some(({ ending }) => ending === 'held'),
    );
  },
);

knownBug(
  {
    id: 'L-02',
    title: 'the next access continues the broken frame',
    observable: 'TPM_DID_VID is read wrong 100 ms after a write that the chip stalled for 900 ms',
    has: ({ holdsCsAfterStall }) => holdsCsAfterStall,
  },
  async ({ step, bindDriver, faults, clock }) => {
    const driver = await step('1. Bind the driver, without interrupt', () => bindDriver(NO_INTERRUPT));
    await step(
      '2. Let the chip stall one frame for 900 ms; write commandReady to TPM_STS in it',
      async () => {
        await faults.set({ kind: 'chip-stall-time', time: ms(900), frames: { count: 1 } });
        await errnoAfter(driver.phy.write32(TPM_STS, 0x40));
      },
    );
    const isRight = await step('3. Read TPM_DID_VID 100 ms later', async () => {
      await clock.sleep(ms(100));
      return readsIdentity(driver);
    });
    return !isRight;
  },
);

knownBug(
  {
    id: 'L-03',
    title: 'only the wake pulse heals',
    observable:
      'five accesses 100 ms apart fail after a stalled write, and one after two pauses of 1.1 s succeeds',
    has: ({ holdsCsAfterStall }) => holdsCsAfterStall,
  },
  async ({ step, bindDriver, faults, clock }) => {
    const driver = await step('1. Bind the driver, without interrupt', () => bindDriver(NO_INTERRUPT));
    await step('2. Let the chip stall one frame for ever; write commandReady to TPM_STS in it', async () => {
      await faults.set({ kind: 'chip-stall', frames: { count: 1 } });
      await errnoAfter(driver.phy.write32(TPM_STS, 0x40));
    });
    const areRight = await step('3. Read TPM_DID_VID ten times, 100 ms apart', async () => {
      const right: boolean[] = [];
      for (let i = 0; i < 10; i++) {
        await clock.sleep(ms(100));
        right.push(await readsIdentity(driver));
      }
      return right;
    });
    const isHealed = await step('4. Read it twice more, each time after a pause of 1.1 s', async () => {
      await clock.sleep(seconds(1.1));
      await readsIdentity(driver);
      await clock.sleep(seconds(1.1));
      return readsIdentity(driver);
    });
    return isHealed && !areRight.slice(0, 5).includes(true);
  },
);
