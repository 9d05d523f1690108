import type { Datasheet, Duration, Fault, HostDriver, Range, Sight } from '../../fixtures/index.ts';
import {
  between,
  ENDING_STALL,
  expect,
  hertz,
  LOGGED,
  LOOKING_AT_LINE,
  ms,
  noticesLate,
  plus,
  seconds,
  source,
  test,
  times,
  undisturbed,
  us,
  wakeCost,
  withSlack,
} from '../../fixtures/index.ts';

type Outcome = 'trusted' | 'given-up';

/** Faults that INT_AP_L has from the start, and what a driver that confirms the line does about each. */
const CASES: readonly {
  readonly what: string;
  readonly fault: Fault;
  readonly outcome: Outcome;
  readonly clauses: readonly string[];
}[] = [
  {
    what: 'held high',
    fault: { kind: 'ready-stuck', level: 'high' },
    outcome: 'given-up',
    clauses: ['DRIVER 1.4'],
  },
  {
    what: 'held low',
    fault: { kind: 'ready-stuck', level: 'low' },
    outcome: 'given-up',
    clauses: ['DRIVER 1.4'],
  },
  {
    what: 'upside down',
    fault: { kind: 'ready-inverted' },
    outcome: 'trusted',
    clauses: ['BUGS L-21'],
  },
  {
    what: 'with pulses of 2 us for a host that needs 4 us',
    fault: { kind: 'ready-width', width: us(2), hostNeeds: us(4) },
    outcome: 'given-up',
    clauses: ['BUGS K-14'],
  },
  {
    what: 'with pulses of 8 us for a host that needs 4 us',
    fault: { kind: 'ready-width', width: us(8), hostNeeds: us(4) },
    outcome: 'trusted',
    clauses: ['BUGS K-14', 'CHIP 3'],
  },
];

/**
 * The trust of any other driver: one that trusts the line from the start never doubts it, and one that never examines
 * the line has no trust.
 */
const trustIn = ({ trustsLine }: Datasheet, outcome: Outcome): string =>
  ({ never: 'no-line', always: 'trusted', confirmed: outcome })[trustsLine];

/** Asks for 8 random bytes, 20 times at most, until the driver has decided about the line. */
async function sendUntilDecided(driver: HostDriver): Promise<void> {
  for (let asked = 0; asked === 0 || (driver.trust === 'unproven' && asked < 20); asked++)
    expect(await driver.random(8)).toHaveLength(8);
}

test.describe('faulty pulse', () => {
  test.use({ needs: ['ready-line', 'faults'] });

  for (const { what, fault, outcome, clauses } of CASES)
    test(
      `a line ${what} is ${outcome.replace('-', ' ')} by a driver that confirms it, and every command is answered`,
      { annotation: source(...clauses) },
      async ({ unboundDriver: driver, faults, datasheet, step }) => {
        await step('1. set the fault', () => faults.set(fault));
        await step('2. bind the driver and ask for 8 random bytes until it has decided', async () => {
          await driver.probe();
          await sendUntilDecided(driver);
        });
        await step('3. look how far the line is trusted', () => {
          expect(driver.trust).toBe(trustIn(datasheet, outcome));
        });
      },
    );
});

/** Number of frames that wait in vain for their pulse before the driver stops trusting the line; `frames` at most. */
const vainWaits = ({ withdrawal }: Datasheet, frames: number): number =>
  Math.min(frames, withdrawal?.missing ?? Infinity);

/**
 * The time that frames take when no pulse comes before them. The pulse of the frame before them may be missing as
 * well.
 */
function timeWithoutPulses(driver: Datasheet, { frames }: Sight): Range {
  const timeOf = (waits: number): Duration => {
    const vain = vainWaits(driver, waits);
    return plus(times(driver.pulseLimit!, vain), times(driver.pauseWithoutPulse, waits - vain));
  };
  const added = plus(plus(ms(3), times(driver.tick, 2)), wakeCost(driver));
  const most = plus(timeOf(frames.length), times(added, frames.length));
  return { least: timeOf(frames.length - 1), most };
}

test.describe('pulse that does not come', () => {
  test.use({ needs: ['ready-line', 'faults', 'virtual-time'], forDrivers: LOOKING_AT_LINE });

  test(
    "one dropped pulse costs the driver's longest wait for a pulse and at most 100 ms, a line in the log, and nothing else",
    { annotation: source('DRIVER 1.4') },
    async ({ board, driver, faults, datasheet, step }) => {
      await step('1. drop the pulse of the third frame from now', () =>
        faults.set({ kind: 'ready-missing', frames: { from: 2, count: 1 } }),
      );
      const before = board.clock.now();
      await step('2. ask for 8 random bytes', async () => {
        expect(await driver.random(8)).toHaveLength(8);
      });
      await step('3. measure the time, read the log', () => {
        const limit = datasheet.pulseLimit!;
        const range = withSlack(board, { least: limit, most: plus(limit, ms(100)) });
        expect(between(before, board.clock.now())).toBeWithin(range);
        expect(driver).toHaveLogged(LOGGED.pulseTimeout, 1);
        expect(driver.trust).toBe(vainWaits(datasheet, Infinity) === 1 ? 'withdrawn' : 'trusted');
      });
    },
  );

  test(
    "a trusted line that dies costs every frame the driver's longest wait for a pulse, until the driver stops trusting it",
    { annotation: source('BUGS L-08') },
    async ({ board, driver, faults, wires, datasheet, step }) => {
      await undisturbed(driver, seconds(30));
      await step('1. cut the line of a bound driver', () => faults.set({ kind: 'ready-open' }));
      const before = board.clock.now();
      const sight = await step('2. ask for 32 random bytes', () =>
        wires.during(() => driver.random(32).catch(() => undefined)),
      );
      await step('3. measure the time, and look how far the line is trusted', () => {
        expect(between(before, board.clock.now())).toBeWithin(
          withSlack(board, timeWithoutPulses(datasheet, sight)),
        );
        expect(sight.frames.length).toBeGreaterThan(5);
        expect(driver.trust).toBe(datasheet.withdrawal === undefined ? 'trusted' : 'withdrawn');
      });
      await step('4. mend the line', () => faults.clear());
    },
  );
});

/** How many of ten commands fail. */
async function failuresOf(ask: () => Promise<unknown>): Promise<number> {
  let failures = 0;
  for (let i = 0; i < 10; i++) await ask().catch(() => failures++);
  return failures;
}

/** The chip is busy for this long after each frame, where noise is tested. */
const BUSY = ms(3);

/** Whether every command fails (true) or none (false); undefined where repeated frames may save some. */
function failsInNoise(driver: Datasheet): boolean | undefined {
  const believesNoise = driver.trustsLine !== 'never' && driver.withdrawal === undefined;
  if (!believesNoise && driver.pauseWithoutPulse >= BUSY) return false;
  return driver.repeats === 0 ? true : undefined;
}

for (const rate of [1000, 10_000])
  test.describe('noisy line', () => {
    test.use({ needs: ['ready-line', 'faults', 'virtual-time'], forDrivers: ENDING_STALL });

    test(
      `noise of ${rate} Hz makes commands fail on a chip that is busy for 3 ms, unless the driver stops trusting the line or never looks at it, and pauses for 3 ms`,
      { annotation: source('BUGS L-09') },
      async ({ driver, faults, datasheet, step }) => {
        await step('1. add noise to the line; keep the chip busy for 3 ms after each frame', async () => {
          await faults.set({ kind: 'ready-noise', rate: hertz(rate) });
          await faults.set({ kind: 'chip-busy', time: BUSY });
        });
        await step('2. give the driver two commands to notice', async () => {
          await driver.random(8).catch(() => undefined);
          await driver.random(8).catch(() => undefined);
        });
        const failures = await step('3. ask for random bytes ten times', () =>
          failuresOf(() => driver.random(8)),
        );
        await step('4. count the failures: all ten, or none', () => {
          const fails = failsInNoise(datasheet);
          if (fails !== undefined) expect(failures).toBe(fails ? 10 : 0);
        });
      },
    );
  });

test.describe('late pulse', () => {
  test.use({ needs: ['ready-line', 'faults', 'virtual-time'], forDrivers: LOOKING_AT_LINE });

  for (const late of [3, 70])
    test(
      `pulses that come ${late} ms late are noticed by a driver that checks for that long; one that tells which frame they belong to binds`,
      { annotation: source('BUGS L-07', 'BUGS L-16') },
      async ({ unboundDriver: driver, faults, datasheet, step }) => {
        await step('1. delay the pulses', () => faults.set({ kind: 'ready-late', by: ms(late) }));
        await step('2. bind the driver; where pulses are counted frames may be lost on the way', async () => {
          const bound = driver.probe();
          await (datasheet.pairsPulses ? bound : bound.catch(() => undefined));
        });
        await step('3. find in the log how far the line was trusted', () => {
          const isNoticed = noticesLate(datasheet, ms(late));
          if (isNoticed !== undefined)
            expect(driver).toHaveLogged(isNoticed ? LOGGED.confirmed : LOGGED.notConfirmed, 1);
        });
      },
    );
});
