import type { Fault, PerProfile } from '../../fixtures/index.ts';
import {
  expect,
  expected,
  hertz,
  ms,
  seconds,
  source,
  test,
  undisturbed,
  upTo,
  us,
} from '../../fixtures/index.ts';

type Outcome = 'trusted' | 'given-up';
const EACH = (outcome: Outcome): PerProfile<Outcome> => ({
  'cr50-spi-v1': outcome,
  'linux-6.1': outcome,
  recommended: outcome,
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
    trust: EACH('given-up'),
    clauses: ['DRIVER 1.4'],
  },
  {
    what: 'held low',
    fault: { kind: 'ready-stuck', level: 'low' },
    trust: EACH('given-up'),
    clauses: ['DRIVER 1.4'],
  },
  {
    what: 'upside down',
    fault: { kind: 'ready-inverted' },
    trust: EACH('trusted'),
    clauses: ['BUGS L-21'],
  },
  {
    what: 'with pulses of 2 us for a host that needs 4 us',
    fault: { kind: 'ready-width', width: us(2), hostNeeds: us(4) },
    trust: EACH('given-up'),
    clauses: ['BUGS K-14'],
  },
  {
    what: 'with pulses of 8 us for a host that needs 4 us',
    fault: { kind: 'ready-width', width: us(8), hostNeeds: us(4) },
    trust: EACH('trusted'),
    clauses: ['BUGS K-14', 'CHIP 3'],
  },
];

test.describe('faulty pulse', () => {
  test.use({ needs: ['ready-line', 'faults'] });

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

  test(
    'one dropped pulse costs one time-out of 750 ms, a line in the log, and nothing else',
    { annotation: source('DRIVER 1.4') },
    async ({ board, anyStack: stack, faults, step }) => {
      await step('1. drop the pulse of the third frame from now', () =>
        faults.set({ kind: 'ready-missing', frames: { from: 2, count: 1 } }),
      );
      const before = board.clock.now();
      await step('2. ask for 8 random bytes', async () => {
        expect(await stack.random(8)).toHaveLength(8);
      });
      await step('3. measure the time, read the log', () => {
        expect(ms((board.clock.now() - before) / 1e6)).toBeWithin(ms(750), upTo(board, ms(850)));
        expect(stack).toHaveLogged('Timeout waiting for TPM ready IRQ', 1);
        expect(stack.trust).toBe('trusted');
      });
    },
  );

  test(
    'a trusted line that dies costs the kernel drivers 750 ms a frame for ever; recommended falls back after two',
    { annotation: source('BUGS L-08') },
    async ({ board, anyStack: stack, faults, profile, step }) => {
      await undisturbed(stack, seconds(30));
      await step('1. cut the line of a bound driver', () => faults.set({ kind: 'ready-open' }));
      const before = board.clock.now();
      await step('2. ask for 32 random bytes', () => stack.random(32).catch(() => undefined));
      await step('3. measure the time', () => {
        const time = expected(
          {
            'cr50-spi-v1': { least: ms(12_000), most: ms(30_000) },
            'linux-6.1': { least: ms(12_000), most: ms(30_000) },
            recommended: { least: ms(1500), most: ms(1800) },
          },
          profile.name,
        );
        expect(ms((board.clock.now() - before) / 1e6)).toBeWithin(time.least, upTo(board, time.most));
        expect(stack.trust).toBe(
          expected(
            { 'cr50-spi-v1': 'trusted', 'linux-6.1': 'trusted', recommended: 'withdrawn' },
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
  test.use({ needs: ['ready-line', 'faults', 'virtual-time'] });

  for (const rate of [1000, 10_000])
    test(
      `noise of ${rate} Hz makes every command of the kernel drivers fail on a busy chip; recommended stops believing the line`,
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
            expected({ 'cr50-spi-v1': 10, 'linux-6.1': 10, recommended: 0 }, profile.name),
          );
        });
      },
    );
});

test.describe('late pulse', () => {
  test.use({ needs: ['ready-line', 'faults', 'virtual-time'] });

  for (const { late, says } of [
    { late: 3, says: EACH('trusted') },
    { late: 70, says: { 'cr50-spi-v1': 'given-up', 'linux-6.1': 'given-up', recommended: 'trusted' } },
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
