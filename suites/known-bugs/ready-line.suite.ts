import { errnoAfter, hertz, LOGGED, ms, plus, us } from '../../fixtures/index.ts';
import { BOTH_KERNELS, EVERY, NOBODY } from './drivers.ts';
import { knownBug } from './known-bug.ts';
import { hasLogged } from './words.ts';

const READY_LINE = ['ready-line'] as const;

knownBug(
  {
    id: 'K-05',
    title: 'an edge that is pending at request time',
    observable: 'the interrupt is confirmed before the first frame',
    has: BOTH_KERNELS,
    needs: READY_LINE,
  },
  async ({ step, makeDriver, faults, wires }) => {
    const driver = makeDriver({
      hooks: { afterInterruptRequest: () => faults.set({ kind: 'ready-glitch' }) },
    });
    const { frames } = await step(
      '1. Bind the driver; pulse INT_AP_L for 2 us between its request for the interrupt and its first frame',
      () => wires.during(() => driver.probe()),
    );
    return step(
      '2. Compare the time of the confirmation in its log with the beginning of the first frame',
      () => {
        const confirmed = driver.log.find(({ text }) => LOGGED.confirmed.test(text));
        return confirmed !== undefined && frames.every(({ fall }) => fall >= confirmed.at);
      },
    );
  },
);

knownBug(
  {
    id: 'K-08',
    title: 'the interrupt can never be confirmed',
    observable: 'pulses arrive and the log says not confirmed',
    has: NOBODY,
    needs: READY_LINE,
  },
  async ({ step, bindDriver, chip }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    return step(
      '2. Count the ready pulses of the chip, and look in the log for an interrupt that is not confirmed',
      () => chip.counters.readyPulses > 0 && hasLogged(driver, LOGGED.notConfirmed),
    );
  },
);

knownBug(
  {
    id: 'K-44',
    title: 'an interrupt storm is never cut off',
    observable: 'a line with noise of 10 kHz stays trusted',
    has: BOTH_KERNELS,
    needs: READY_LINE,
  },
  async ({ step, bindDriver, faults }) => {
    const driver = await step('1. Bind the driver', () => bindDriver());
    await step('2. Put noise of 10,000 edges a second on INT_AP_L', () =>
      faults.set({ kind: 'ready-noise', rate: hertz(10_000) }),
    );
    await step('3. Read 8 random bytes four times', async () => {
      for (let i = 0; i < 4; i++) await errnoAfter(driver.random(8));
    });
    return step('4. Ask whether the driver trusts INT_AP_L', () => driver.trust === 'trusted');
  },
);

knownBug(
  {
    id: 'L-07',
    title: 'given up, then haunted',
    observable: 'pulses that come 70 ms late make the driver give up',
    has: BOTH_KERNELS,
    needs: READY_LINE,
  },
  async ({ step, makeDriver, faults }) => {
    await step('1. Delay every pulse of INT_AP_L by 70 ms', () =>
      faults.set({ kind: 'ready-late', by: ms(70) }),
    );
    const driver = makeDriver();
    await step('2. Bind the driver', () => errnoAfter(driver.probe()));
    return step('3. Look in its log for an interrupt that is not confirmed', () =>
      hasLogged(driver, LOGGED.notConfirmed),
    );
  },
);

knownBug(
  {
    id: 'L-08',
    title: 'one edge is proof for ever',
    observable: 'a dead line stays trusted for a command of 8 random bytes',
    has: ({ trustsLine, withdrawal }) => trustsLine !== 'never' && withdrawal === undefined,
    needs: READY_LINE,
  },
  async ({ step, bindDriver, faults }) => {
    const driver = await step('1. Bind the driver, which confirms the interrupt', () => bindDriver());
    await step('2. Disconnect INT_AP_L', () => faults.set({ kind: 'ready-open' }));
    await step('3. Read 8 random bytes', () => errnoAfter(driver.random(8)));
    return step('4. Ask whether the driver trusts INT_AP_L', () => driver.trust === 'trusted');
  },
);

knownBug(
  {
    id: 'L-20',
    title: 'checks count without a wait',
    observable: 'pulses 12 ms late are confirmed or not, as the host pauses for 0 or 15 ms before each frame',
    has: ({ trustsLine }) => trustsLine === 'confirmed',
    needs: READY_LINE,
  },
  async ({ step, makeDriver, faults, clock }) => {
    await step('1. Delay every pulse of INT_AP_L by 12 ms', () =>
      faults.set({ kind: 'ready-late', by: ms(12) }),
    );
    const isConfirmed = async (pause: number): Promise<boolean> => {
      const driver = makeDriver({ hz: 1000 }, { before: () => clock.sleep(ms(pause)) });
      await errnoAfter(driver.probe());
      driver.abandon();
      return hasLogged(driver, LOGGED.confirmed);
    };
    const withoutPause = await step('2. Bind the driver on a host of 1000 ticks a second', () =>
      isConfirmed(0),
    );
    await step('3. Leave the chip alone for 2 s', () => clock.sleep(ms(2000)));
    const withPause = await step('4. Bind it on a host that pauses for 15 ms before each frame', () =>
      isConfirmed(15),
    );
    return withoutPause !== withPause;
  },
);

knownBug(
  {
    id: 'L-21',
    title: 'an occupied line is refused',
    observable: 'Requesting IRQ failed with -16',
    has: EVERY,
    needs: READY_LINE,
  },
  async ({ step, bindDriver, faults }) => {
    await step('1. Let the request for INT_AP_L fail with EBUSY (16)', () =>
      faults.set({ kind: 'ready-request-fails', errno: 16 }),
    );
    const driver = await step('2. Bind the driver', () => bindDriver());
    return step('3. Look in its log for the refused request', () =>
      driver.log.some(({ text }) => /^Requesting IRQ \d+ failed: -16$/.test(text)),
    );
  },
);

/** Pulses 1 to 9 ms late, in steps of 50 us: one of them ends in the tick in which the driver gives up its wait. */
const LATE = Array.from({ length: 160 }, (_, at) => plus(ms(1), us(50 * at)));

knownBug(
  {
    id: 'L-23',
    title: 'false time-out in the unproven phase',
    observable: 'time-out and confirmation are logged together, with pulses 1 to 9 ms late',
    has: BOTH_KERNELS,
    needs: READY_LINE,
  },
  async ({ step, makeDriver, faults, clock }) => {
    const logsOfProbes = await step(
      '1. Bind the driver 160 times, on a host of 1000 ticks a second, with pulses of INT_AP_L late by 1 to 9 ms',
      async () => {
        const logs: string[][] = [];
        for (const by of LATE) {
          await faults.set({ kind: 'ready-late', by });
          const driver = makeDriver({ hz: 1000 });
          await errnoAfter(driver.probe());
          driver.abandon();
          logs.push(driver.log.map(({ text }) => text));
          await faults.clear();
          await clock.sleep(ms(1500));
        }
        return logs;
      },
    );
    return step('2. Look in each log for a time-out right before the confirmation', () =>
      logsOfProbes.some((log) => {
        const at = log.findIndex((text) => LOGGED.confirmed.test(text));
        return at > 0 && log[at - 1] === LOGGED.pulseTimeout;
      }),
    );
  },
);
