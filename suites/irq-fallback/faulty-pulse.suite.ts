import type { Fault, PerProfile } from '../../fixtures/index.ts';
import {
  between,
  ENDLESS,
  expect,
  expected,
  FIRMWARE,
  forAll,
  hertz,
  KERNEL,
  LINELESS,
  LOOKING_AWAY,
  ms,
  plus,
  seconds,
  source,
  test,
  undisturbed,
  UNPACED,
  upTo,
  us,
} from '../../fixtures/index.ts';

type Outcome = 'trusted' | 'given-up';

/** Those that examine the line come to this; firmware never doubts it, and others have none. */
const examined = (outcome: Outcome): PerProfile<string> => ({
  ...forAll([...KERNEL, 'recommended'], outcome),
  ...forAll(FIRMWARE, 'trusted'),
  ...forAll(LINELESS, 'no-line'),
});

/** Lines that are wrong from the start, and what each driver makes of them. */
const CASES: readonly {
  readonly what: string;
  readonly fault: Fault;
  readonly trust: PerProfile<string>;
  readonly clauses: readonly string[];
}[] = [
  {
    what: 'held high',
    fault: { kind: 'ready-stuck', level: 'high' },
    trust: examined('given-up'),
    clauses: ['DRIVER 1.4'],
  },
  {
    what: 'held low',
    fault: { kind: 'ready-stuck', level: 'low' },
    trust: examined('given-up'),
    clauses: ['DRIVER 1.4'],
  },
  {
    what: 'upside down',
    fault: { kind: 'ready-inverted' },
    trust: examined('trusted'),
    clauses: ['BUGS L-21'],
  },
  {
    what: 'with pulses of 2 us for a host that needs 4 us',
    fault: { kind: 'ready-width', width: us(2), hostNeeds: us(4) },
    trust: examined('given-up'),
    clauses: ['BUGS K-14'],
  },
  {
    what: 'with pulses of 8 us for a host that needs 4 us',
    fault: { kind: 'ready-width', width: us(8), hostNeeds: us(4) },
    trust: examined('trusted'),
    clauses: ['BUGS K-14', 'CHIP 3'],
  },
];

test.describe('faulty pulse', () => {
  test.use({ needs: ['ready-line', 'faults'], allBut: UNPACED });

  for (const { what, fault, trust, clauses } of CASES)
    test(
      `a line ${what}: the driver trusts it or not, and works`,
      { annotation: source(...clauses) },
      async ({ anyDriver: driver, faults, profile, step }) => {
        await step('1. set the fault', () => faults.set(fault));
        await step('2. bind the driver and ask for 8 random bytes', async () => {
          await driver.probe();
          expect(await driver.random(8)).toHaveLength(8);
        });
        await step('3. look how far the line is trusted', () => {
          expect(driver.trust).toBe(expected(trust, profile.name));
        });
      },
    );
});

test.describe('pulse that does not come', () => {
  test.use({ needs: ['ready-line', 'faults', 'virtual-time'], allBut: LOOKING_AWAY });

  test(
    'one dropped pulse costs one time-out of the driver, a line in the log, and nothing else',
    { annotation: source('DRIVER 1.4') },
    async ({ board, anyStack: stack, faults, profile, step }) => {
      await step('1. drop the pulse of the third frame from now', () =>
        faults.set({ kind: 'ready-missing', frames: { from: 2, count: 1 } }),
      );
      const before = board.clock.now();
      await step('2. ask for 8 random bytes', async () => {
        expect(await stack.random(8)).toHaveLength(8);
      });
      await step('3. measure the time, read the log', () => {
        const limit = expected(
          {
            ...forAll([...KERNEL, 'recommended'], ms(750)),
            coreboot: ms(10),
            depthcharge: ms(10),
            opentitan: seconds(30),
          },
          profile.name,
        );
        expect(between(before, board.clock.now())).toBeWithin(limit, upTo(board, plus(limit, ms(100))));
        expect(stack).toHaveLogged('Timeout waiting for TPM ready IRQ', 1);
        expect(stack.trust).toBe('trusted');
      });
    },
  );

  test(
    'a trusted line that dies costs every frame the time-out of the driver; recommended falls back after two',
    { annotation: source('BUGS L-08') },
    async ({ board, anyStack: stack, faults, profile, step }) => {
      await undisturbed(stack, seconds(30));
      await step('1. cut the line of a bound driver', () => faults.set({ kind: 'ready-open' }));
      const before = board.clock.now();
      await step('2. ask for 32 random bytes', () => stack.random(32).catch(() => undefined));
      await step('3. measure the time', () => {
        const time = expected(
          {
            ...forAll(KERNEL, { least: ms(12_000), most: ms(30_000) }),
            recommended: { least: ms(1500), most: ms(1800) },
            // 7 frames of 10 ms, or of 30 s.
            coreboot: { least: ms(60), most: ms(100) },
            depthcharge: { least: ms(60), most: ms(100) },
            opentitan: { least: seconds(180), most: seconds(240) },
          },
          profile.name,
        );
        expect(ms((board.clock.now() - before) / 1e6)).toBeWithin(time.least, upTo(board, time.most));
        expect(stack.trust).toBe(
          expected(
            { ...forAll([...KERNEL, ...FIRMWARE], 'trusted'), recommended: 'withdrawn' },
            profile.name,
          ),
        );
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

test.describe('noisy line', () => {
  test.use({ needs: ['ready-line', 'faults', 'virtual-time'], allBut: ENDLESS });

  for (const rate of [1000, 10_000])
    test(
      `noise of ${rate} Hz makes commands fail on a busy chip unless the driver stops believing the line or never looks at it`,
      { annotation: source('BUGS L-09') },
      async ({ anyStack: stack, faults, profile, step }) => {
        await step('1. add noise to the line; keep the chip busy for 3 ms after each frame', async () => {
          await faults.set({ kind: 'ready-noise', rate: hertz(rate) });
          await faults.set({ kind: 'chip-busy', time: ms(3) });
        });
        await step('2. give the driver two commands to notice', async () => {
          await stack.random(8).catch(() => undefined);
          await stack.random(8).catch(() => undefined);
        });
        const failures = await step('3. ask for random bytes ten times', () =>
          failuresOf(() => stack.random(8)),
        );
        await step('4. count the failures', () => {
          expect(failures).toBe(
            // ftdi-bench fails for another reason: its pause of 0.2 ms is shorter than the chip is busy.
            expected(
              { ...forAll([...KERNEL, ...FIRMWARE, 'ftdi-bench'], 10), recommended: 0, windows: 0 },
              profile.name,
            ),
          );
        });
      },
    );
});

test.describe('late pulse', () => {
  test.use({ needs: ['ready-line', 'faults', 'virtual-time'], allBut: LOOKING_AWAY });

  for (const { late, says } of [
    { late: 3, says: examined('trusted') },
    { late: 70, says: { ...forAll(KERNEL, 'given-up'), ...forAll([...FIRMWARE, 'recommended'], 'trusted') } },
  ])
    test(
      `pulses that come ${late} ms late: only recommended tells which frame they belong to`,
      { annotation: source('BUGS L-07', 'BUGS L-16') },
      async ({ anyDriver: driver, faults, profile, step }) => {
        await step('1. delay the pulses', () => faults.set({ kind: 'ready-late', by: ms(late) }));
        await step('2. bind the driver; with the kernel drivers frames may be lost on the way', async () => {
          const bound = driver.probe();
          await (profile.name === 'recommended' ? bound : bound.catch(() => undefined));
        });
        await step('3. find in the log how far the line was trusted', () => {
          expect(driver).toHaveLogged(
            expected(says, profile.name) === 'trusted'
              ? /TPM ready IRQ confirmed on attempt \d+/
              : 'IRQ not confirmed - will use delays',
            1,
          );
        });
      },
    );
});
