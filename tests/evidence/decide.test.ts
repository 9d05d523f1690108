import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { chanceOfAtMost, decide } from '../../src/evidence/verify/decide.ts';
import type {
  Change,
  Decision,
  Demand,
  Evidence,
  Policy,
  Run,
  Test,
} from '../../src/evidence/verify/model.ts';
import type { PolicyData } from '../../src/evidence/index.ts';
import { planOf } from '../../src/evidence/index.ts';
import { runOf } from '../../src/evidence/verify/run.ts';
import { DECIDED, madeEvidence, madeFiles, madeRun, passed, RULE_SOURCES } from './made.ts';

/** The made evidence with something else in it. */
const but = (more: Partial<Evidence>): Decision => decide({ ...madeEvidence(), ...more });
const withPolicy = (more: Partial<Policy>): Decision =>
  but({ policy: { ...madeEvidence().policy, ...more } });
const withDemands = (change: (demand: Demand) => Demand | undefined): Decision =>
  withPolicy({ demands: madeEvidence().policy.demands.flatMap((one) => change(one) ?? []) });
const withRuns = (change: (run: Run) => Run): Decision => but({ runs: madeEvidence().runs.map(change) });
const withTests = (change: (test: Test, at: number) => Test): Decision =>
  withRuns((run) => ({ ...run, tests: run.tests.map(change) }));
const withFirst = (more: Partial<Test>): Decision =>
  withTests((one, at) => (at === 0 ? { ...one, ...more } : one));
const notGood = ({ criteria }: Decision): string[] =>
  criteria
    .filter(({ state }) => state === 'broken' || state === 'not shown')
    .map(({ kind, name, state }) => `${state} ${kind} ${name}`);

test('everything shown or waived is a go', () => {
  const decision = decide(madeEvidence());
  expect(notGood(decision)).toEqual([]);
  expect(decision.verdict).toBe('go');
});

for (const outcome of ['inconclusive', 'no verdict', 'not run', 'skipped'] as const)
  test(`a result that is ${outcome} is not shown, and never a go`, () => {
    const decision = withFirst({ outcome });
    expect(decision.verdict).toBe('not shown');
    expect(notGood(decision)).toContain('not shown suite bring-up, recommended, on sim (simulated)');
  });

test('a failed test is no go, also where its requirement is waived', () => {
  expect(withFirst({ outcome: 'fail' }).verdict).toBe('no go');
  expect(withFirst({ outcome: 'fail', cites: ['CHIP 4.4'] }).verdict).toBe('no go');
});

test('no run, no test, no suite and an empty policy are not shown', () => {
  expect(but({ runs: [] }).verdict).toBe('not shown');
  expect(withRuns((run) => ({ ...run, tests: [] })).verdict).toBe('not shown');
  expect(withDemands((one) => (one.kind === 'suite' ? undefined : one)).verdict).toBe('not shown');
  expect(withPolicy({ demands: [] }).verdict).toBe('not shown');
});

test('a suite of which everything is skipped for an accepted reason, or waived, is not shown', () => {
  const skipped = withTests((one) => ({ ...one, outcome: 'skipped', lacks: ['interrupt-switch'] }));
  expect(skipped.verdict).toBe('not shown');
  const waiver = {
    of: 'test',
    name: 'bring-up',
    owner: 'anna',
    reason: 'known',
    until: '2026-12-24',
  } as const;
  const { policy, runs } = madeEvidence();
  const failed = runs.map((run) => ({
    ...run,
    tests: run.tests.map((one) => ({ ...one, outcome: 'fail' as const })),
  }));
  expect(but({ policy: { ...policy, waivers: [waiver] }, runs: failed }).verdict).not.toBe('go');
});

test('a simulated rig where a real one was asked shows nothing', () => {
  const decision = withDemands((one) => (one.isReal === undefined ? one : { ...one, isReal: true }));
  expect(decision.verdict).toBe('not shown');
  expect(notGood(decision)).toContain('not shown rig sim (simulated)');
  const clause = withDemands((one) => (one.name === 'CHIP 3' ? { ...one, isReal: true } : one));
  expect(notGood(clause)).toEqual(['not shown requirement CHIP 3']);
});

test('a run that is called real, with a simulated chip, shows nothing', () => {
  const files = madeFiles('sim');
  const { doubts } = madeRun('sim', files);
  expect(doubts).toEqual([]);
  const given = { ...madeRun('sim', files), isReal: true };
  const again = runOf((name) => files.get(name)!, given);
  expect(again.doubts).toEqual(['it is called real, and its chip is a simulated H1, Cr50 0.5.4']);
});

test('a waiver holds on its last day and not on the next', () => {
  expect(but({ decided: '2026-12-24T23:59:00.000Z' }).verdict).toBe('go');
  const over = but({ decided: '2026-12-25T00:00:00.000Z' });
  expect(over.verdict).toBe('not shown');
  expect(notGood(over)).toEqual(['not shown requirement CHIP 4.4', 'not shown waiver requirement CHIP 4.4']);
});

test('a run of another firmware, too old, from the future or of an unknown time is not shown', () => {
  expect(withRuns((run) => ({ ...run, firmware: '0.4.25' })).verdict).toBe('not shown');
  expect(withPolicy({ maxAgeDays: 0.5 }).verdict).toBe('not shown');
  expect(withRuns((run) => ({ ...run, ended: '2026-12-01T00:00:00Z' })).verdict).toBe('not shown');
  expect(withRuns((run) => ({ ...run, ended: 'never' })).verdict).toBe('not shown');
});

test('a failure in a run of another firmware is not blamed on this one', () => {
  const runs = [...madeEvidence().runs, { ...madeRun('sim'), id: 'other', firmware: '0.4.25' }];
  const other = runs[2]!;
  const failed = { ...other, tests: other.tests.map((one) => ({ ...one, outcome: 'fail' as const })) };
  const decision = but({ runs: [...runs.slice(0, 2), failed] });
  expect(decision.verdict).toBe('not shown');
  expect(notGood(decision)).toEqual(['not shown rig every run', 'not shown rig sim (simulated)']);
});

test('the version of a real chip is that of its firmware, and not that of its first stage', () => {
  const chip = 'B2-C:0 RO_B:0.0.11/4d655eab RW_B:0.5.4/cr50_v1.9308_87_mp.450-b5fdbf3c';
  const files = new Map(madeFiles('sim'));
  files.set('summary.json', files.get('summary.json')!.replace('simulated H1, Cr50 0.5.4', chip));
  expect(madeRun('sim', files).firmware).toBe('0.5.4');
});

test('a commit with changes beside it, or two commits, are not shown', () => {
  expect(withRuns((run) => ({ ...run, commit: 'e03a53c-dirty' })).verdict).toBe('not shown');
  expect(withRuns((run) => ({ ...run, commit: run.rig === 'sim' ? 'e03a53c' : 'e03a53d' })).verdict).toBe(
    'not shown',
  );
});

test('a run in doubt shows nothing, and what it broke stays broken', () => {
  const doubtful = (run: Run): Run => ({ ...run, doubts: ['the rig went away'] });
  const decision = withRuns(doubtful);
  expect(decision.verdict).toBe('not shown');
  const open = decision.criteria.filter(({ state }) => state === 'not shown').map(({ kind }) => kind);
  expect(open).toEqual(
    expect.arrayContaining(['rig', 'suite', 'requirement', 'claim', 'margin', 'comparison']),
  );
  const failed = withRuns((run) => {
    const [first, ...others] = run.tests;
    return doubtful({ ...run, tests: [{ ...first!, outcome: 'fail' }, ...others] });
  });
  expect(failed.verdict).toBe('no go');
});

test('a test that failed in one of two runs on a rig is no go: a repetition takes nothing back', () => {
  const [one, ...others] = madeEvidence().runs;
  const failed = {
    ...one!,
    id: 'again',
    tests: one!.tests.map((test, at) => (at === 0 ? { ...test, outcome: 'fail' as const } : test)),
  };
  expect(but({ runs: [one!, failed, ...others] }).verdict).toBe('no go');
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
  const decision = withTests((one) => (one.driver === 'linux-6.1' ? { ...one, cites: [] } : one));
  expect(notGood(decision)).toEqual(['not shown requirement DRIVER 1.5, linux-6.1']);
});

test('a clause is shown by a test that cites it, and not by one that cites a longer number', () => {
  const cited = (cites: readonly string[]): readonly string[] =>
    notGood(withTests((one) => (one.cites.includes('CHIP 4.1') ? { ...one, cites } : one)));
  const longer = ['CHIP', '4.11'].join(' ');
  expect(cited(['CHIP 4.1 (STS)'])).toEqual([]);
  expect(cited([longer])).toEqual(['not shown requirement CHIP 4.1']);
});

test('a claim: 299 runs without a failure show a rate below 1 % with 0.95, and 298 do not', () => {
  const soaks = (runs: number, failures: number): Decision =>
    withTests((one) => ({ ...one, soak: one.soak === null ? null : { runs, failures } }));
  expect(soaks(299, 0).verdict).toBe('go');
  expect(soaks(298, 0).verdict).toBe('not shown');
  expect(soaks(0, 0).verdict).toBe('not shown');
  expect(soaks(400, 20).verdict).toBe('no go');
  expect(withTests((one) => ({ ...one, soak: null })).verdict).toBe('not shown');
  // Known values: 0.99^299, and the median of a fair coin.
  expect(chanceOfAtMost(0, 299, 0.01)).toBeCloseTo(0.049536, 6);
  expect(chanceOfAtMost(1, 3, 0.5)).toBeCloseTo(0.5, 12);
  expect(chanceOfAtMost(5, 5, 0.1)).toBe(1);
});

test('what got worse is no go, what was lost is not shown, what is better is a go', () => {
  const compared = (direction: Change['direction'], more: Partial<Policy> = {}): Decision => {
    const { policy, runs } = madeEvidence();
    const changes = [
      { ...{ name: 'pulse-width: -1 us', before: '9 us', after: '8 us' }, direction, clauses: ['CHIP 3'] },
    ];
    return but({
      policy: { ...policy, ...more },
      runs: runs.map((run) => ({ ...run, before: { run: 'old', version: '0.4.25', changes } })),
    });
  };
  expect(compared('worse').verdict).toBe('no go');
  expect(compared('worse').criteria.find(({ kind }) => kind === 'comparison')?.says).toContain('-1 us');
  expect(compared('lost').verdict).toBe('not shown');
  expect(compared('better').verdict).toBe('go');
  const waiver = {
    of: 'change',
    name: 'pulse-width',
    owner: 'anna',
    reason: 'wanted',
    until: '2026-12-24',
  } as const;
  expect(compared('worse', { waivers: [...madeEvidence().policy.waivers, waiver] }).verdict).toBe('go');
  const older = withRuns((run) => ({ ...run, before: { ...run.before!, version: '0.4.24' } }));
  expect(notGood(older)).toEqual(['not shown comparison with 0.4.25']);
  expect(notGood(withRuns((run) => ({ ...run, before: null })))).toEqual([
    'not shown comparison with 0.4.25',
  ]);
});

const OUTCOMES: readonly Test['outcome'][] = [
  'pass',
  'fail',
  'inconclusive',
  'no verdict',
  'skipped',
  'not run',
];
const [RIGS, DRIVERS, SUITES] = [
  ['a', 'b'],
  ['recommended', 'linux-6.1'],
  ['bring-up', 'soak'],
];
const CLAUSES = ['CHIP 3', 'CHIP 4.1', 'DRIVER 1.5'];

const anyTest: fc.Arbitrary<Test> = fc
  .record({
    driver: fc.constantFrom(...DRIVERS),
    suite: fc.constantFrom(...SUITES),
    title: fc.constantFrom('one', 'two', 'three'),
    outcome: fc.oneof(
      { weight: 12, arbitrary: fc.constant<Test['outcome']>('pass') },
      fc.constantFrom(...OUTCOMES),
    ),
    lacks: fc.subarray(['driver', 'fault']),
    cites: fc.subarray(CLAUSES),
    soak: fc.option(fc.record({ runs: fc.constantFrom(0, 100, 400), failures: fc.constantFrom(0, 0, 50) })),
  })
  .map(({ driver, title, ...more }) => passed(driver, title, more));

const ANY_RUN = madeRun('sim');

const anyRun = (rig: string): fc.Arbitrary<Run> =>
  fc
    .record({
      tests: fc.array(anyTest, { minLength: 4, maxLength: 16 }),
      isReal: fc.boolean(),
      firmware: fc.constantFrom('0.5.4', '0.5.4', '0.5.4', '0.4.25'),
      doubts: fc.constantFrom([], [], [], ['tests are missing']),
      margin: fc.constantFrom(2, 2, -1),
      direction: fc.constantFrom<Change['direction']>('better', 'other', 'lost', 'worse'),
    })
    .map(({ margin, direction, ...more }) => {
      const run = ANY_RUN;
      const measures = run.measures.map((one) => ({ ...one, margin }));
      const changes = run.before!.changes.map((one) => ({ ...one, direction }));
      return { ...run, id: rig, rig, ...more, measures, before: { ...run.before!, changes } };
    });

/** What is asked for, as a policy is written; the demands are made of it. */
interface Asked {
  readonly rigs: readonly {
    readonly rig: string;
    readonly isReal: boolean;
    readonly suites: readonly string[];
  }[];
  readonly drivers: readonly string[];
  readonly skips: readonly string[];
  readonly requirements: readonly { readonly id: string; readonly isReal: boolean }[];
  readonly isCompared: boolean;
  readonly hasClaim: boolean;
  readonly hasMargin: boolean;
  readonly waived: string | null;
  readonly until: string;
}

const anyAsked: fc.Arbitrary<Asked> = fc.record({
  rigs: fc.uniqueArray(
    fc.record({
      rig: fc.constantFrom(...RIGS),
      isReal: fc.boolean(),
      suites: fc.subarray(SUITES, { minLength: 1 }),
    }),
    { maxLength: 2, selector: ({ rig }) => rig },
  ),
  drivers: fc.subarray(DRIVERS),
  skips: fc.subarray(['driver', 'fault']),
  requirements: fc
    .subarray(CLAUSES)
    .chain((ids) => fc.tuple(...ids.map((id) => fc.boolean().map((isReal) => ({ id, isReal }))))),
  isCompared: fc.boolean(),
  hasClaim: fc.constantFrom(false, false, false, true),
  hasMargin: fc.boolean(),
  waived: fc.option(fc.constantFrom(...CLAUSES)),
  until: fc.constantFrom('2026-11-29', '2026-11-30', '2026-12-24'),
});

/** By what makes demands of every policy. */
function policyOf(asked: Asked): Policy {
  const { rigs, drivers, skips, requirements, isCompared, hasClaim, hasMargin, waived, until } = asked;
  const data: PolicyData = {
    skips: [...skips],
    ...{ name: 'any', drivers: drivers.length === 0 ? ['none'] : [...drivers] },
    firmware: { version: '0.5.4', image: rigs.some(({ isReal }) => isReal) ? 'a'.repeat(64) : 'simulated' },
    rigs: rigs.map(({ rig, isReal, suites }) => ({
      ...{ rig, kind: isReal ? 'real' : 'simulated', suites: [...suites] },
      ...(isCompared && { before: 'old' }),
    })),
    requirements: {
      also: requirements.map(({ id }) => id),
      real: requirements.filter(({ isReal }) => isReal).map(({ id }) => id),
    },
    ...(isCompared && { comparedWith: '0.4.25' }),
    ...(hasClaim && { claims: [{ suite: 'soak', below: 0.01, confidence: 0.95 }] }),
    ...(hasMargin && { margins: [{ rule: 'pulse-width', least: 1 }] }),
    waivers: waived === null ? [] : [{ requirement: waived, owner: 'anna', reason: 'known', until }],
  };
  return planOf(data, '', RULE_SOURCES).policy;
}

/** Written apart from the decision: why these runs are no go, by what the policy asks for, item by item. */
function objections(asked: Asked, runs: readonly Run[], day: string): string[] {
  const { rigs, skips, requirements, isCompared, hasClaim, hasMargin, waived, until } = asked;
  const drivers = asked.drivers.length === 0 ? ['none'] : asked.drivers;
  const found: string[] = [];
  for (const { firmware, doubts, before, measures } of runs) {
    if (firmware !== '0.5.4') found.push('another firmware');
    if (doubts.length > 0) found.push('a run in doubt');
    if (isCompared && before!.changes.some(({ direction }) => ['worse', 'lost'].includes(direction)))
      found.push('something got worse, or was lost');
    if (hasMargin && measures.some(({ margin }) => margin < 1)) found.push('a margin below the least');
  }
  for (const { rig, isReal, suites } of rigs) {
    const there = runs.filter((run) => run.rig === rig && run.isReal === isReal);
    for (const suite of suites)
      for (const driver of drivers) {
        const tests = there
          .flatMap((run) => run.tests)
          .filter((one) => one.suite === suite && one.driver === driver);
        if (!tests.some(({ outcome }) => outcome === 'pass'))
          found.push(`${suite} ${driver}: nothing passed`);
        for (const { outcome, lacks } of tests) {
          if (outcome === 'pass') continue;
          if (outcome === 'skipped' && lacks.length > 0 && lacks.every((one) => skips.includes(one)))
            continue;
          found.push(`${suite} ${driver}: ${outcome}`);
        }
      }
  }
  if (hasClaim)
    for (const driver of drivers) {
      const soaks = runs
        .flatMap((run) => run.tests)
        .flatMap((one) =>
          one.suite === 'soak' && one.driver === driver && one.soak !== null ? [one.soak] : [],
        );
      // Of what may be drawn, only 400 runs without a failure show a rate below 1 %.
      if (soaks.length === 0 || soaks.some((soak) => soak.runs !== 400 || soak.failures > 0))
        found.push('the claim');
    }
  if (waived !== null && until < day) found.push('a waiver is over');
  for (const { id, isReal } of requirements) {
    if (waived === id) continue;
    for (const driver of id.startsWith('DRIVER') ? drivers : [undefined]) {
      const of = runs.filter((run) => run.isReal || !isReal);
      const cited = of
        .flatMap((run) => run.tests)
        .filter((one) => one.cites.includes(id) && (driver === undefined || one.driver === driver));
      const byRule = id === 'CHIP 3' && of.some(({ measures }) => measures.some(({ margin }) => margin >= 0));
      if (!byRule && !cited.some(({ outcome }) => outcome === 'pass')) found.push(`${id}: not shown`);
      if (cited.some(({ outcome }) => !['pass', 'skipped'].includes(outcome))) found.push(`${id}: not clear`);
    }
  }
  return found;
}

test('10,000 random policies and runs are a go exactly when nothing is missing, skipped, inconclusive or simulated', () => {
  let goes = 0;
  const anyRuns = fc.tuple(anyRun('a'), anyRun('b'));
  fc.assert(
    fc.property(anyAsked, anyRuns, (asked, runs) => {
      fc.pre(asked.rigs.length > 0);
      const evidence: Evidence = { policy: policyOf(asked), policyText: '', decided: DECIDED, runs };
      const isGo = decide(evidence).verdict === 'go';
      if (isGo) goes++;
      expect(isGo).toBe(objections(asked, runs, DECIDED.slice(0, 10)).length === 0);
    }),
    { numRuns: 10_000, seed: 22 },
  );
  // Both are seen, so that the property says something.
  expect(goes).toBeGreaterThan(20);
});
