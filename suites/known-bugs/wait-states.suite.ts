import type { OwnDriver } from '../../fixtures/index.ts';
import { between, errnoAfter, ms, TPM_RID, WaitStateTimeout, ZERO } from '../../fixtures/index.ts';
import { BOTH_KERNELS, EVERY, FIRST_POSTED } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import { NO_INTERRUPT, readsIdentity } from './words.ts';

knownBug(
  {
    id: 'K-54',
    title: 'ready bit set too early by old firmware',
    observable: 'a ready bit in the header is believed',
    has: ({ believesHeader }) => believesHeader,
  },
  async ({ step, bindDriver, faults }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Let the chip set the ready bit in the last header byte of one frame, and then stall', () =>
      faults.set({ kind: 'chip-early-ready', frames: { count: 1 } }),
    );
    const isRight = await step('3. Read TPM_DID_VID in that frame', () => readsIdentity(driver));
    return !isRight;
  },
);

knownBug(
  {
    id: 'L-18',
    title: 'the poll loop never yields',
    observable:
      'another device waits more than 600 ms for the bus, or more than 10,000 wait bytes pass, during a stall',
    has: EVERY,
  },
  async ({ step, bindDriver, faults, clock, board }) => {
    const driver = await step('1. Bind the driver, without interrupt', () => bindDriver(NO_INTERRUPT));
    await step('2. Let the chip stall the next frame for 700 ms', () =>
      faults.set({ kind: 'chip-stall-time', time: ms(700), frames: { count: 1 } }),
    );
    let waited = ZERO;
    await step('3. Read TPM_RID; 25 ms later let another device ask for the bus', () =>
      clock.together([
        async () => {
          await driver.phy.read8(TPM_RID);
        },
        async () => {
          await clock.sleep(ms(25));
          const asked = clock.now();
          (await board.bus.acquire())();
          waited = between(asked, clock.now());
        },
      ]),
    );
    return waited > ms(600) || driver.counters.waitBytes > 10_000;
  },
);

knownBug(
  {
    id: 'L-19',
    title: 'floating MISO is not recognised',
    observable: 'MISO held high is announced as a TPM 1.2',
    has: FIRST_POSTED,
  },
  async ({ step, makeDriver, faults }) => {
    await step('1. Hold MISO high', () => faults.set({ kind: 'line-stuck', line: 'MISO', level: 'high' }));
    const driver = makeDriver(NO_INTERRUPT);
    await step('2. Bind the driver, without interrupt', () => errnoAfter(driver.probe()));
    return step('3. Look in its log for a TPM 1.2 of device 0xFFFF', () =>
      driver.log.some(({ text }) => text.startsWith('1.2 TPM (device-id 0xFFFF')),
    );
  },
);

knownBug(
  {
    id: 'L-30',
    title: 'a lost header is never retried',
    observable: 'one stalled frame fails a register read',
    has: ({ repeats }) => repeats === 0,
  },
  async ({ step, bindDriver, faults }) => {
    const driver = await step('1. Bind the driver, without interrupt', () => bindDriver(NO_INTERRUPT));
    await step('2. Let the chip stall the next frame for ever', () =>
      faults.set({ kind: 'chip-stall', frames: { count: 1 } }),
    );
    const errno = await step('3. Read TPM_RID', () => errnoAfter(driver.phy.read8(TPM_RID)));
    return errno < 0;
  },
);

/** Stalls 1000 frames around a limit of 4 ms, 280 to 619 wait bytes each. Answers whether one failed whose last poll byte was ready. */
async function failsThoughReady(
  driver: OwnDriver,
  stall: (waitBytes: number) => Promise<void>,
  rest: () => Promise<void>,
): Promise<boolean> {
  for (let i = 0; i < 1000; i++) {
    await stall(280 + (i % 340));
    const failure: unknown = await driver.phy.read8(TPM_RID).catch((error: unknown) => error);
    const cause = failure instanceof Error ? failure.cause : undefined;
    if (!(cause instanceof WaitStateTimeout)) continue;
    if (((cause.wire?.received.at(-1) ?? 0) & 1) === 1) return true;
    await rest();
  }
  return false;
}

knownBug(
  {
    id: 'L-33',
    title: 'time-out beats ready in the same poll',
    observable: 'a frame fails whose last poll byte was ready',
    has: BOTH_KERNELS,
  },
  async ({ step, makeDriver, faults, clock, profile }) => {
    // With a limit of 4 ms, a thousand stalls around it take little time: one in a hundred ends in the poll after the
    // limit.
    const short = { ...profile, frame: { ...profile.frame, flowControlLimit: ms(4), repeats: 0 } };
    const driver = makeDriver({ profile: short, ...NO_INTERRUPT, hz: 1000 });
    await step('1. Bind the driver, without interrupt, with a limit of 4 ms for flow control', () =>
      driver.probe(),
    );
    const stall = async (waitBytes: number): Promise<void> => {
      await faults.clear();
      await faults.set({ kind: 'chip-stall', waitBytes, frames: { count: 1 } });
    };
    const rest = async (): Promise<void> => {
      await faults.clear();
      await clock.sleep(ms(1100));
      await errnoAfter(driver.phy.read8(TPM_RID));
      await clock.sleep(ms(1100));
    };
    return step(
      '2. Read TPM_RID 1000 times while the chip stalls for 280 to 619 wait bytes; look for a failure at a ready byte',
      () => failsThoughReady(driver, stall, rest),
    );
  },
);
