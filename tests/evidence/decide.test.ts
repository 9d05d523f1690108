import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { chanceOfAtMost, decide } from '../../src/evidence/verify/decide.ts';
import type { Decision, Evidence, Outcome, Policy, Result, Run } from '../../src/evidence/verify/model.ts';
import { DECIDED, madeEvidence, result } from './made.ts';

/** The made evidence with something else in it. */
const but = (more: Partial<Evidence>): Decision => decide({ ...madeEvidence(), ...more });
const withPolicy = (more: Partial<Policy>): Decision =>
  but({ policy: { ...madeEvidence().policy, ...more } });
const withRuns = (change: (run: Run) => Run): Decision => but({ runs: madeEvidence().runs.map(change) });
const withResult = (change: Partial<Result>): Decision =>
  withRuns((run) => ({
    ...run,
    results: run.results.map((one, at) => (at === 0 ? { ...one, ...change } : one)),
  }));
const notGood = ({ criteria }: Decision): string[] =>
  criteria
    .filter(({ state }) => state === 'broken' || state === 'not shown')
    .map(({ kind, name, state }) => `${state} ${kind} ${name}`);

test('everything shown or waived is a go', () => {
  const decision = decide(madeEvidence());
  expect(decision.verdict).toBe('go');
  expect(notGood(decision)).toEqual([]);
});

for (const outcome of ['inconclusive', 'no verdict', 'not run', 'skipped'] as const)
  test(`a result that is ${outcome} is not shown, and never a go`, () => {
    const decision = withResult({ outcome });
    expect(decision.verdict).toBe('not shown');
    expect(notGood(decision)).toContain('not shown suite bring-up, recommended, on sim (simulated)');
  });

test('a failed test is no go, also where its requirement is waived', () => {
  expect(withResult({ outcome: 'fail' }).verdict).toBe('no go');
  expect(withResult({ outcome: 'fail', clauses: ['CHIP 4.4'] }).verdict).toBe('no go');
});

test('no run, no result, no rig, no driver and an empty policy are not shown', () => {
  expect(but({ runs: [] }).verdict).toBe('not shown');
  expect(withRuns((run) => ({ ...run, results: [] })).verdict).toBe('not shown');
  expect(withPolicy({ rigs: [] }).verdict).toBe('not shown');
  expect(withPolicy({ drivers: [], requirements: [], claims: [] }).verdict).toBe('not shown');
});

test('a simulated rig where a real one was asked shows nothing', () => {
  const rigs = madeEvidence().policy.rigs.map((rig) => ({ ...rig, kind: 'real' as const }));
  const decision = withPolicy({ rigs });
  expect(decision.verdict).toBe('not shown');
  expect(notGood(decision)).toContain('not shown rig sim (real)');
  const requirements = [{ id: 'CHIP 3', binds: 'chip' as const, isReal: true }];
  expect(notGood(withPolicy({ requirements }))).toEqual(['not shown requirement CHIP 3']);
});

test('a waiver holds on its last day and not on the next', () => {
  expect(but({ decided: '2026-12-24T23:59:00.000Z' }).verdict).toBe('go');
  const over = but({ decided: '2026-12-25T00:00:00.000Z' });
  expect(over.verdict).toBe('not shown');
  expect(notGood(over)).toEqual(['not shown requirement CHIP 4.4', 'not shown waiver CHIP 4.4']);
});

test('a run of another firmware, too old, or from the future is not shown', () => {
  expect(withRuns((run) => ({ ...run, firmware: '0.4.25' })).verdict).toBe('not shown');
  expect(withPolicy({ maxAgeDays: 0.5 }).verdict).toBe('not shown');
  expect(withRuns((run) => ({ ...run, ended: '2026-12-01T00:00:00Z' })).verdict).toBe('not shown');
  expect(withRuns((run) => ({ ...run, ended: 'never' })).verdict).toBe('not shown');
});

test('a commit with changes beside it, or two commits, are not shown', () => {
  expect(withRuns((run) => ({ ...run, commit: 'e03a53c-dirty' })).verdict).toBe('not shown');
  expect(withRuns((run) => ({ ...run, commit: run.rig === 'sim' ? 'e03a53c' : 'e03a53d' })).verdict).toBe(
    'not shown',
  );
});

test('a failure outside of any test is not shown', () => {
  expect(notGood(withRuns((run) => ({ ...run, outside: ['the rig went away'] })))).toContain(
    'not shown rig sim (simulated)',
  );
});

test('a run of some tests, or without a judge, or without a verdict, shows nothing, and what it broke stays broken', () => {
  const doubtful = (run: Run): Run => ({ ...run, doubts: ['21 tests are not in the run'] });
  const decision = withRuns(doubtful);
  expect(decision.verdict).toBe('not shown');
  const open = decision.criteria.filter(({ state }) => state === 'not shown').map(({ kind }) => kind);
  expect(open).toEqual(expect.arrayContaining(['rig', 'requirement', 'claim']));
  const failed = withRuns((run) => {
    const [first, ...others] = run.results;
    return doubtful({ ...run, results: [{ ...first!, outcome: 'fail' }, ...others] });
  });
  expect(failed.verdict).toBe('no go');
});

test('a margin below the least is no go with its number, and one that was not measured is not shown', () => {
  const narrow = withRuns((run) => ({
    ...run,
    measures: run.measures.map((one) => ({ ...one, margin: 0.4 })),
  }));
  expect(narrow.verdict).toBe('no go');
  expect(narrow.criteria.find(({ kind }) => kind === 'margin')?.says).toContain('0.4 us');
  expect(withRuns((run) => ({ ...run, measures: [] })).verdict).toBe('not shown');
});

test('a clause of the driver has to be shown for each driver', () => {
  const decision = withRuns((run) => ({
    ...run,
    results: run.results.map((one) => (one.driver === 'linux-6.1' ? { ...one, clauses: [] } : one)),
  }));
  expect(notGood(decision)).toEqual(['not shown requirement DRIVER 1.5']);
});

test('a claim: 299 runs without a failure show a rate below 1 % with 0.95, and 298 do not', () => {
  const soaks = (runs: number, failures: number): Decision =>
    withRuns((run) => ({ ...run, soaks: run.soaks.map((soak) => ({ ...soak, runs, failures })) }));
  expect(soaks(299, 0).verdict).toBe('go');
  expect(soaks(298, 0).verdict).toBe('not shown');
  expect(soaks(400, 20).verdict).toBe('no go');
  expect(withRuns((run) => ({ ...run, soaks: [] })).verdict).toBe('not shown');
  // Known values: 0.99^299, and the median of a fair coin.
  expect(chanceOfAtMost(0, 299, 0.01)).toBeCloseTo(0.049536, 6);
  expect(chanceOfAtMost(1, 3, 0.5)).toBeCloseTo(0.5, 12);
  expect(chanceOfAtMost(5, 5, 0.1)).toBe(1);
});

test('what got worse is no go, what was lost is not shown, what is better is a go', () => {
  const compared = (direction: 'worse' | 'lost' | 'better', more: Partial<Policy> = {}): Decision => {
    const { policy } = madeEvidence();
    const change = {
      what: 'median of pulse-width',
      before: '9 us',
      after: '8 us',
      direction,
      clauses: ['CHIP 3'],
    };
    const comparisons = ['sim', 'sim-no-irq'].map((rig) => ({
      ...{ before: { run: 'old', firmware: '0.4.25' }, after: { run: `run-${rig}` }, changes: [change] },
    }));
    return but({ policy: { ...policy, comparedWith: '0.4.25', ...more }, comparisons });
  };
  expect(compared('worse').verdict).toBe('no go');
  expect(compared('lost').verdict).toBe('not shown');
  expect(compared('better').verdict).toBe('go');
  expect(compared('better', { comparedWith: '0.4.24' }).verdict).toBe('not shown');
  const answered = { requirement: null, test: null, owner: 'anna', reason: 'wanted', until: '2026-12-24' };
  const waivers = [...madeEvidence().policy.waivers, { ...answered, change: 'pulse-width' }];
  expect(compared('worse', { waivers }).verdict).toBe('go');
  expect(withPolicy({ comparedWith: '0.4.25' }).verdict).toBe('not shown');
});

const OUTCOMES: readonly Outcome[] = ['pass', 'fail', 'inconclusive', 'no verdict', 'skipped', 'not run'];
const [RIGS, DRIVERS, SUITES] = [
  ['a', 'b'],
  ['recommended', 'linux-6.1'],
  ['bring-up', 'soak'],
];
const CLAUSES = ['CHIP 3', 'CHIP 4.1', 'DRIVER 1.5'];

const anyResult: fc.Arbitrary<Result> = fc
  .record({
    driver: fc.constantFrom(...DRIVERS),
    suite: fc.constantFrom(...SUITES),
    title: fc.constantFrom('one', 'two', 'three'),
    outcome: fc.oneof({ weight: 12, arbitrary: fc.constant<Outcome>('pass') }, fc.constantFrom(...OUTCOMES)),
    lacks: fc.subarray(['driver', 'fault']),
    clauses: fc.subarray(CLAUSES),
  })
  .map(({ driver, title, ...more }) => result(driver, title, more));

const anyRun = (rig: string): fc.Arbitrary<Run> =>
  fc
    .record({
      results: fc.array(anyResult, { minLength: 4, maxLength: 16 }),
      isReal: fc.boolean(),
      firmware: fc.constantFrom('0.5.4', '0.5.4', '0.5.4', '0.4.25'),
    })
    .map((more) => ({ ...madeEvidence().runs[0]!, id: rig, rig, ...more }));

const anyPolicy: fc.Arbitrary<Policy> = fc
  .record({
    rigs: fc.array(
      fc.record({
        rig: fc.constantFrom(...RIGS),
        kind: fc.constantFrom('real' as const, 'simulated' as const),
        suites: fc.subarray(SUITES, { minLength: 1 }),
      }),
      { maxLength: 2 },
    ),
    drivers: fc.subarray(DRIVERS),
    skips: fc.subarray(['driver', 'fault']),
    requirements: fc.subarray(CLAUSES).chain((ids) =>
      fc.tuple(
        ...ids.map((id) =>
          fc.boolean().map((isReal) => ({
            ...{ id, isReal },
            binds: id.startsWith('CHIP') ? ('chip' as const) : ('driver' as const),
          })),
        ),
      ),
    ),
    waivers: fc.array(
      fc.record({
        requirement: fc.constantFrom(...CLAUSES),
        test: fc.constant(null),
        change: fc.constant(null),
        owner: fc.constant('anna'),
        reason: fc.constant('known'),
        until: fc.constantFrom('2026-11-29', '2026-11-30', '2026-12-24'),
      }),
      { maxLength: 1 },
    ),
  })
  .map((more) => ({ ...madeEvidence().policy, claims: [], margins: [], ...more }));

/** Written apart from the decision: why these results are no go, by what the policy asks for, item by item. */
function objections({ policy, runs, decided }: Evidence): string[] {
  const found: string[] = [];
  if (policy.rigs.length === 0 || policy.drivers.length === 0) found.push('nothing is asked for');
  for (const { firmware } of runs) if (firmware !== '0.5.4') found.push('another firmware');
  for (const { rig, kind, suites } of policy.rigs) {
    const there = runs.filter((run) => run.rig === rig && run.isReal === (kind === 'real'));
    for (const suite of suites)
      for (const driver of policy.drivers) {
        const results = there
          .flatMap((run) => run.results)
          .filter((one) => one.suite === suite && one.driver === driver);
        if (!results.some(({ outcome }) => outcome === 'pass'))
          found.push(`${suite} ${driver}: nothing passed`);
        for (const { outcome, lacks } of results) {
          if (outcome === 'pass') continue;
          if (outcome === 'skipped' && lacks.length > 0 && lacks.every((one) => policy.skips.includes(one)))
            continue;
          found.push(`${suite} ${driver}: ${outcome}`);
        }
      }
  }
  for (const { until } of policy.waivers) if (until < decided.slice(0, 10)) found.push('a waiver is over');
  const waived = policy.waivers.map(({ requirement }) => requirement);
  for (const { id, isReal, binds } of policy.requirements) {
    if (waived.includes(id)) continue;
    for (const driver of binds === 'driver' ? policy.drivers : [undefined]) {
      const cited = runs
        .filter((run) => run.isReal || !isReal)
        .flatMap((run) => run.results)
        .filter((one) => one.clauses.includes(id) && (driver === undefined || one.driver === driver));
      const byRule = id === 'CHIP 3' && runs.some((run) => run.isReal || !isReal);
      if (!byRule && !cited.some(({ outcome }) => outcome === 'pass')) found.push(`${id}: not shown`);
    }
  }
  return found;
}

test('10,000 random policies and results: nothing that is missing, skipped, inconclusive or simulated is ever a go', () => {
  let goes = 0;
  let stops = 0;
  fc.assert(
    fc.property(anyPolicy, anyRun('a'), anyRun('b'), (policy, a, b) => {
      const evidence: Evidence = { policy, policyText: '', decided: DECIDED, runs: [a, b], comparisons: [] };
      const isGo = decide(evidence).verdict === 'go';
      if (isGo) goes++;
      else stops++;
      if (isGo) expect(objections(evidence)).toEqual([]);
    }),
    { numRuns: 10_000, seed: 22 },
  );
  // Both are seen, so that the property says something.
  expect(goes).toBeGreaterThan(20);
  expect(stops).toBeGreaterThan(1000);
});
