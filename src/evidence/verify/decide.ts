import type { Claim, Criterion, Decision, Evidence, LeastMargin, RequiredClause } from './model.ts';
import type { Result, RigDemand, Run, Waiver } from './model.ts';

type State = Criterion['state'];

/** Go, no go, or not shown, and why. Only what is shown or waived is go; nothing at all is not shown. */
export function decide(evidence: Evidence): Decision {
  const criteria = [
    firmwareOf(evidence),
    commitOf(evidence),
    ...evidence.policy.rigs.flatMap((demand) => rigOf(evidence, demand)),
    ...evidence.policy.requirements.map((clause) => requirementOf(evidence, clause)),
    ...evidence.policy.claims.map((claim) => claimOf(evidence, claim)),
    ...evidence.policy.margins.map((margin) => marginOf(evidence, margin)),
    ...comparisonOf(evidence),
    ...evidence.policy.waivers.flatMap((waiver) => endedOf(evidence, waiver)),
  ];
  const states = new Set(criteria.map(({ state }) => state));
  if (states.has('broken')) return { verdict: 'no go', criteria };
  const asksForMore = evidence.policy.rigs.length > 0 && evidence.policy.drivers.length > 0;
  return { verdict: states.has('not shown') || !asksForMore ? 'not shown' : 'go', criteria };
}

const DAY_MS = 86_400_000;

/** Whether a run may show anything: right firmware, not too old, not from the future. */
function isFit({ policy, decided }: Evidence, run: Run): boolean {
  const age = Date.parse(decided) - Date.parse(run.ended);
  return run.firmware === policy.firmware.version && age >= 0 && age <= policy.maxAgeDays * DAY_MS;
}

const holds = ({ decided }: Evidence, { until }: Waiver): boolean => decided.slice(0, 10) <= until;

const fitRuns = (evidence: Evidence): readonly Run[] => evidence.runs.filter((run) => isFit(evidence, run));

/** Runs that can show something. What a doubtful one broke counts all the same. */
const soundRuns = (evidence: Evidence): readonly Run[] =>
  fitRuns(evidence).filter(({ doubts }) => doubts.length === 0);

/** Every run has to be of this firmware: a run of another one has no place in the evidence. */
function firmwareOf(evidence: Evidence): Criterion {
  const { version } = evidence.policy.firmware;
  const others = evidence.runs.filter((run) => !isFit(evidence, run));
  const state: State = evidence.runs.length === 0 || others.length > 0 ? 'not shown' : 'shown';
  const says = others.map(
    ({ id, firmware, ended }) => `run ${id} is of firmware ${firmware} and ended ${ended}`,
  );
  return {
    ...{ kind: 'firmware', name: version, state, by: evidence.runs.map(({ id }) => id) },
    says: says.join('; ') || (state === 'shown' ? `every run is of ${version}` : 'there is no run'),
  };
}

function commitOf({ policy, runs }: Evidence): Criterion {
  const commits = [...new Set(runs.map(({ commit }) => commit))];
  const isClean = commits.every((commit) => /^[0-9a-f]{7,40}$/.test(commit));
  const isShown = commits.length === 1 && (policy.commit === 'any' || isClean);
  const wanted = policy.commit === 'any' ? 'one commit' : 'one commit with no change beside it';
  return {
    ...{ kind: 'commit', name: 'commit of the project', state: isShown ? 'shown' : 'not shown' },
    ...{ says: `${wanted} is wanted; seen: ${commits.join(', ') || 'none'}`, by: [] },
  };
}

/** The runs that answer a demand for rigs. */
const runsFor = (evidence: Evidence, { rig, kind }: RigDemand): readonly Run[] =>
  fitRuns(evidence).filter((run) => (rig === '*' || run.rig === rig) && run.isReal === (kind === 'real'));

function rigOf(evidence: Evidence, demand: RigDemand): readonly Criterion[] {
  const runs = runsFor(evidence, demand);
  const name = `${demand.rig} (${demand.kind})`;
  const others = fitRuns(evidence).filter(
    ({ rig }) => rig === demand.rig && !runs.some((run) => run.rig === rig),
  );
  const says =
    others.length > 0 ? `the runs on ${demand.rig} are not on a ${demand.kind} one` : 'no run on it';
  const by = runs.map(({ id }) => id);
  const outside = runs.flatMap((run) => [...run.outside, ...run.doubts]);
  const there: Criterion = {
    ...{ kind: 'rig', name, state: runs.length > 0 && outside.length === 0 ? 'shown' : 'not shown', by },
    says: outside.join('; ') || (runs.length > 0 ? `${runs.length} runs` : says),
  };
  const suites = demand.suites.flatMap((suite) =>
    evidence.policy.drivers.map((driver) => suiteOf(evidence, { suite, driver, name, runs })),
  );
  return [there, ...suites];
}

interface SuiteOnRig {
  readonly suite: string;
  readonly driver: string;
  readonly name: string;
  readonly runs: readonly Run[];
}

/** Why a result does not show what its suite is there for; undefined when it passed or may be skipped. */
function troubleOf({ policy }: Evidence, result: Result): string | undefined {
  if (result.outcome === 'pass') return undefined;
  const isAccepted = result.lacks.length > 0 && result.lacks.every((one) => policy.skips.includes(one));
  if (result.outcome === 'skipped' && isAccepted) return undefined;
  return `${result.test}: ${result.outcome}${result.says === null ? '' : `, ${result.says}`}`;
}

const waiverOfTest = (evidence: Evidence, { test }: Result): Waiver | undefined =>
  evidence.policy.waivers.find(
    (waiver) => waiver.test !== null && test.includes(waiver.test) && holds(evidence, waiver),
  );

function suiteOf(evidence: Evidence, { suite, driver, name, runs }: SuiteOnRig): Criterion {
  const results = runs.flatMap((run) =>
    run.results.filter((one) => one.suite === suite && one.driver === driver),
  );
  const troubled = results.filter((one) => troubleOf(evidence, one) !== undefined);
  const open = troubled.filter((one) => waiverOfTest(evidence, one) === undefined);
  const passed = results.filter(({ outcome }) => outcome === 'pass').length;
  const counts = `${passed} of ${results.length} passed, ${results.length - passed - troubled.length} skipped for an accepted reason`;
  const told = (open.length > 0 ? open : troubled).map((one) => troubleOf(evidence, one)!);
  const isBroken = open.some(({ outcome }) => outcome === 'fail');
  const isOpen = open.length > 0 || passed === 0;
  return {
    ...{ kind: 'suite', name: `${suite}, ${driver}, on ${name}` },
    state: isBroken ? 'broken' : isOpen ? 'not shown' : troubled.length > 0 ? 'waived' : 'shown',
    ...{ says: [counts, ...told].join('; '), by: runs.map(({ id }) => id) },
  };
}

function requirementOf(evidence: Evidence, clause: RequiredClause): Criterion {
  const { drivers, waivers } = evidence.policy;
  const sides = clause.binds === 'chip' ? [undefined] : drivers;
  const each = sides.map((driver) => ({ driver, ...clauseFor(evidence, clause, driver) }));
  const broken = each.filter(({ state }) => state === 'broken');
  const open = each.filter(({ state }) => state === 'not shown');
  const worst = broken.length > 0 ? broken : open.length > 0 ? open : each;
  const state: State = worst[0]?.state ?? 'not shown';
  const says = worst
    .map(({ driver, says }) => (driver === undefined ? says : `${driver}: ${says}`))
    .join('; ');
  const by = [...new Set(each.flatMap((one) => one.by))];
  const waiver = waivers.find(({ requirement }) => requirement === clause.id);
  const base = { kind: 'requirement', name: clause.id, by } as const;
  if (state !== 'shown' && waiver !== undefined && holds(evidence, waiver))
    return {
      ...base,
      state: 'waived',
      says: `${says}; waived by ${waiver.owner} until ${waiver.until}: ${waiver.reason}`,
    };
  return { ...base, state, says: says || 'the policy names no driver' };
}

/** What the runs say of a clause, for one driver or for all. */
function clauseFor(
  evidence: Evidence,
  { id, isReal }: RequiredClause,
  driver: string | undefined,
): Pick<Criterion, 'state' | 'says' | 'by'> {
  const runs = fitRuns(evidence).filter((run) => run.isReal || !isReal);
  const cites = (one: { readonly clauses: readonly string[] }): boolean => one.clauses.includes(id);
  const results = runs.flatMap((run) =>
    run.results.filter((one) => cites(one) && (driver === undefined || one.driver === driver)),
  );
  const rules = runs
    .filter(({ doubts }) => doubts.length === 0)
    .flatMap((run) =>
      // A test may break a rule on purpose. One that does not mean to has failed, so that a broken rule only shows nothing.
      run.measures.filter((one) => cites(one) && one.count > 0 && one.margin !== null && one.margin >= 0),
    );
  const failed = results.filter((one) => one.outcome === 'fail' && waiverOfTest(evidence, one) === undefined);
  if (failed.length > 0) {
    const by = failed.map(({ test }) => test);
    return { state: 'broken', says: `broken by ${by.join(', ')}`, by };
  }
  const sound = new Set(soundRuns(evidence).flatMap((run) => run.results));
  const passed = results.filter((one) => one.outcome === 'pass' && sound.has(one)).map(({ test }) => test);
  const unclear = results.filter(({ outcome }) =>
    ['inconclusive', 'no verdict', 'not run'].includes(outcome),
  );
  // A run's measures are of all its drivers together, so that a rule shows nothing of one driver alone.
  const kept = driver === undefined ? rules.map(({ rule }) => `rule ${rule}`) : [];
  const by = [...new Set([...passed, ...kept])];
  if (unclear.length > 0)
    return { state: 'not shown', says: `${unclear[0]!.test}: ${unclear[0]!.outcome}`, by };
  if (by.length > 0) return { state: 'shown', says: `${by.length} tests and rules`, by };
  const where = isReal ? ' on a real board' : '';
  return { state: 'not shown', says: `no test passed that cites it${where}`, by };
}

/** A claim is shown when a chip with exactly the rate of the claim does as well with a chance of 1 - confidence at most. */
function claimOf(evidence: Evidence, { suite, test, below, confidence }: Claim): Criterion {
  const { drivers } = evidence.policy;
  const soaks = soundRuns(evidence)
    .flatMap((run) => run.soaks)
    .filter((soak) => soak.suite === suite && (test === null || soak.test.includes(test)));
  const name = `${suite}${test === null ? '' : `, ${test}`}: rate below ${below}, confidence ${confidence}`;
  const missing = drivers.filter((driver) => !soaks.some((soak) => soak.driver === driver));
  const weak = soaks.filter(({ runs, failures }) => chanceOfAtMost(failures, runs, below) > 1 - confidence);
  const broken = weak.filter(
    ({ runs, failures }) => chanceOfAtLeast(failures, runs, below) <= 1 - confidence,
  );
  const isOpen = drivers.length === 0 || missing.length > 0 || weak.length > 0;
  const counts = (broken.length > 0 ? broken : weak.length > 0 ? weak : soaks).map(
    (soak) => `${soak.driver}, ${soak.test}: ${soak.failures} failures in ${soak.runs} runs`,
  );
  const lacking = missing.map((driver) => `${driver}: no soak`);
  return {
    ...{ kind: 'claim', name, state: broken.length > 0 ? 'broken' : isOpen ? 'not shown' : 'shown' },
    ...{ says: [...counts, ...lacking].join('; '), by: soaks.map((soak) => soak.test) },
  };
}

/** Binomial distribution: the chance that `runs` runs with this failure rate have `failures` failures or fewer. */
export function chanceOfAtMost(failures: number, runs: number, rate: number): number {
  if (failures >= runs) return 1;
  let log = runs * Math.log1p(-rate);
  let sum = Math.exp(log);
  for (let i = 1; i <= failures; i++) {
    log += Math.log((runs - i + 1) / i) + Math.log(rate) - Math.log1p(-rate);
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

const chanceOfAtLeast = (failures: number, runs: number, rate: number): number =>
  failures === 0 ? 1 : 1 - chanceOfAtMost(failures - 1, runs, rate);

function marginOf(evidence: Evidence, { rule, least }: LeastMargin): Criterion {
  const seen = fitRuns(evidence).flatMap((run) =>
    run.measures
      .filter((one) => one.rule === rule && one.margin !== null)
      .map((one) => ({ run: run.id, ...one })),
  );
  const worst = seen.toSorted((a, b) => a.margin! - b.margin!)[0];
  const base = {
    kind: 'margin',
    name: `${rule}: at least ${least}`,
    by: seen.map(({ run }) => run),
  } as const;
  if (worst === undefined) return { ...base, state: 'not shown', says: 'not measured' };
  const state: State = worst.margin! >= least ? 'shown' : 'broken';
  return { ...base, state, says: `${worst.margin} ${worst.unit} in run ${worst.run}` };
}

function comparisonOf(evidence: Evidence): readonly Criterion[] {
  const { policy, comparisons, runs } = evidence;
  if (policy.comparedWith === null) return [];
  const name = `compared with ${policy.comparedWith}`;
  const fitting = comparisons.filter(({ before }) => before.firmware === policy.comparedWith);
  const alone = runs.filter(({ id }) => !fitting.some(({ after }) => after.run === id));
  const by = fitting.map(({ before }) => before.run);
  const bad = fitting
    .flatMap(({ changes }) => changes)
    .filter(({ direction }) => direction === 'worse' || direction === 'lost');
  const isWaived = (what: string): boolean =>
    policy.waivers.some(
      (waiver) => waiver.change !== null && what.includes(waiver.change) && holds(evidence, waiver),
    );
  const open = bad.filter(({ what }) => !isWaived(what));
  const told = (open.length > 0 ? open : bad).map(
    ({ what, before, after, direction }) => `${what}: ${before} became ${after} (${direction})`,
  );
  const unseen = alone.map(({ id }) => `run ${id} is compared with none`);
  const isBroken = open.some(({ direction }) => direction === 'worse');
  const isOpen = open.length > 0 || alone.length > 0 || fitting.length === 0;
  const state: State = isBroken ? 'broken' : isOpen ? 'not shown' : bad.length > 0 ? 'waived' : 'shown';
  return [
    { kind: 'comparison', name, state, by, says: [...told, ...unseen].join('; ') || 'nothing got worse' },
  ];
}

/** A waiver that is over is told, and makes a go impossible until somebody looks at it. */
function endedOf(evidence: Evidence, waiver: Waiver): readonly Criterion[] {
  if (holds(evidence, waiver)) return [];
  const name = waiver.requirement ?? waiver.test ?? waiver.change ?? 'nothing';
  const says = `the waiver of ${waiver.owner} ended on ${waiver.until}`;
  return [{ kind: 'waiver', name, state: 'not shown', says, by: [] }];
}
