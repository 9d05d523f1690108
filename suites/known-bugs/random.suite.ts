import { errnoAfter } from '../../fixtures/index.ts';
import { EVERY, NOBODY } from './drivers.ts';
import { knownBug } from './known-bug.ts';

knownBug(
  {
    id: 'K-26',
    title: 'random quality 0 means no background reading',
    observable: 'background traffic with quality 0',
    has: NOBODY,
  },
  async ({ step, bindDriver, wires }) => {
    const driver = await step('1. Bind the driver with a random quality of 0 bits in 1024', () =>
      bindDriver({ rngQuality: 0 }),
    );
    const { frames } = await step("2. Let the kernel's thread fill its random pool once", () =>
      wires.during(() => driver.fillRandom()),
    );
    return frames.length > 0;
  },
);

knownBug(
  {
    id: 'K-27',
    title: 'background reading is on by default',
    observable: 'background traffic with the default quality',
    has: EVERY,
  },
  async ({ step, bindDriver, wires }) => {
    const driver = await step('1. Bind the driver with its own random quality', () => bindDriver());
    const { frames } = await step("2. Let the kernel's thread fill its random pool once", () =>
      wires.during(() => driver.fillRandom()),
    );
    return frames.length > 0;
  },
);

knownBug(
  {
    id: 'K-40',
    title: 'random-data bounds check',
    observable: 'a size field beyond the body is accepted: GetRandom does not end with -14',
    has: NOBODY,
  },
  async ({ step, bindDriver, faults }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step(
      '2. Let the chip answer the next command with 12 bytes, of which the last two announce 0x0a0b bytes',
      () => faults.set({ kind: 'chip-long-response', size: 12, commands: { count: 1 } }),
    );
    const errno = await step('3. Read 8 random bytes', () => errnoAfter(driver.random(8)));
    return errno !== -14;
  },
);
