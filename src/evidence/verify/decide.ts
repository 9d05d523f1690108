import type { Criterion, Decision, Demand, Evidence, Run, Test, Waiver } from './model.ts';

/** What one test, rule, run or change says of a demand. `accepted`: it neither shows nor harms. */
interface Item {
  readonly state: Criterion['state'] | 'accepted';
  readonly by: string;
  readonly says: string;
}

const shown = (by: string, says = ''): Item => ({ state: 'shown', by, says });
const open = (by: string, says: string): Item => ({ state: 'not shown', by, says });

/** Go, no go, or not shown, and why. Only what is shown or waived is go; nothing at all is not shown. */
export function decide(evidence: Evidence): Decision {
  const { demands, waivers } = evidence.policy;
  const criteria = [
    ...demands.map((demand) => criterionOf(evidence, demand)),
    ...waivers.filter((one) => !isHeld(evidence, one)).map(endedOf),
  ];
  const states = new Set(criteria.map(({ state }) => state));
  if (states.has('broken')) return { verdict: 'no go', criteria };
  const isWhole = demands.some(({ kind }) => kind === 'suite') && !states.has('not shown');
  return { verdict: isWhole ? 'go' : 'not shown', criteria };
}

const isHeld = ({ decided }: Evidence, { until }: Waiver): boolean => decided.slice(0, 10) <= until;

const endedOf = ({ of, name, owner, until }: Waiver): Criterion => ({
  ...{ kind: 'waiver', name: `${of} ${name}`, state: 'not shown', by: [] },
  says: `the waiver of ${owner} ended on ${until}`,
});

/** What is not good becomes `waived` where a waiver that is not over names it. */
function waived<T extends Item | Criterion>(
  evidence: Evidence,
  one: T,
  names: (waiver: Waiver) => boolean,
): T {
  const waiver = evidence.policy.waivers.find((other) => names(other) && isHeld(evidence, other));
  if (waiver === undefined || !['broken', 'not shown'].includes(one.state)) return one;
  const says = `${one.says}; waived by ${waiver.owner} until ${waiver.until}: ${waiver.reason}`;
  return { ...one, state: 'waived', says };
}

const WORST_FIRST = ['broken', 'not shown', 'waived', 'shown'] as const;

/** The worst of all items. Something has to show it. */
function criterionOf(evidence: Evidence, demand: Demand): Criterion {
  const { kind, name, rig, isReal } = demand;
  const items = evidence.runs
    .filter((run) => (rig ?? run.rig) === run.rig && (isReal ?? run.isReal) === run.isReal)
    .flatMap((run) => itemsOf(evidence, demand, run));
  const by = [...new Set(items.filter(({ state }) => state === 'shown').map((one) => one.by))];
  const all = by.length > 0 ? items : [...items, open('', 'nothing shows it')];
  const state = WORST_FIRST.find((one) => all.some((item) => item.state === one))!;
  const told = all
    .filter((item) => item.state === state)
    .map((one) => [one.by, one.says].filter(Boolean).join(': '));
  const says = state === 'shown' ? `${told.length}, such as ${told[0]}` : told.join('; ');
  return waived(
    evidence,
    { kind, name, state, says, by },
    (waiver) => waiver.of === 'requirement' && demand.cited?.includes(waiver.name) === true,
  );
}

/** What a run says of a demand. One of another firmware says nothing; a doubtful one shows nothing, but breaks. */
function itemsOf(evidence: Evidence, demand: Demand, run: Run): Item[] {
  const foreign = foreignTo(evidence, run);
  const doubts = [...foreign, ...run.doubts];
  if (demand.kind === 'rig')
    return doubts.length === 0 ? [shown(run.id)] : doubts.map((one) => open(run.id, one));
  if (foreign.length > 0) return [];
  const items = saidOf(evidence, demand, run);
  return doubts.length === 0
    ? items
    : items.map((one) =>
        one.state === 'shown' ? open(one.by, `run ${run.id} is in doubt: ${doubts[0]}`) : one,
      );
}

/** Why a run is none of this release. */
function foreignTo({ policy, decided, runs }: Evidence, { firmware, ended, commit }: Run): string[] {
  const days = (Date.parse(decided) - Date.parse(ended)) / 86_400_000;
  const isRightCommit = policy.isAnyCommit || /^[0-9a-f]{7,40}$/.test(commit);
  return [
    ...(firmware === policy.firmware
      ? []
      : [`its firmware is ${firmware || 'not told'}, not ${policy.firmware}`]),
    ...(days >= 0 && days <= policy.maxAgeDays
      ? []
      : [`it ended ${ended}, and ${policy.maxAgeDays} days are allowed`]),
    ...(isRightCommit ? [] : [`its commit is ${commit}, and one without changes is wanted`]),
    ...(runs.every((one) => one.commit === commit) ? [] : ['the runs are of several commits']),
  ];
}

function saidOf(evidence: Evidence, demand: Demand, { id, tests, measures, before }: Run): Item[] {
  const { kind, suite, driver, title = '', cited, rules = [], least = 0, version } = demand;
  const chosen = tests.filter(
    (test) =>
      (suite ?? test.suite) === test.suite &&
      (driver ?? test.driver) === test.driver &&
      test.name.includes(title) &&
      (cited === undefined ||
        cited.some((word) => test.cites.some((one) => `${one} `.startsWith(`${word} `)))),
  );
  const measured = measures.filter(({ name, count }) => rules.includes(name) && count > 0);
  if (kind === 'suite') return chosen.map((test) => itemOf(evidence, test));
  if (kind === 'claim') return chosen.flatMap((test) => soakItem(test, demand));
  if (kind === 'requirement')
    return [
      ...chosen.filter(({ outcome }) => outcome !== 'skipped').map((test) => itemOf(evidence, test)),
      // A test may break a rule on purpose, and has failed when it did not mean to: a broken rule only shows nothing.
      ...measured.filter(({ margin }) => margin >= least).map(({ name }) => shown(`rule ${name}`)),
    ];
  if (kind === 'margin')
    return measured.map(({ margin, unit, worstIn }) => {
      const says = `${margin} ${unit}, in ${worstIn}`;
      return { state: margin >= least ? 'shown' : 'broken', by: id, says };
    });
  if (before?.version !== version) return [open(id, `it is compared with ${before?.version ?? 'none'}`)];
  const changes = (before?.changes ?? []).map(({ name, direction, ...values }) => {
    const state = ({ worse: 'broken', lost: 'not shown', better: 'accepted', other: 'accepted' } as const)[
      direction
    ];
    const item: Item = { state, by: name, says: `${values.before} became ${values.after} (${direction})` };
    return waived(evidence, item, (waiver) => waiver.of === 'change' && name.includes(waiver.name));
  });
  return [...changes, shown(id, 'nothing got worse')];
}

function itemOf(evidence: Evidence, { name, outcome, lacks, says }: Test): Item {
  if (outcome === 'pass') return shown(name);
  const told = says === '' ? outcome : `${outcome}, ${says}`;
  const isAccepted = lacks.length > 0 && lacks.every((one) => evidence.policy.skips.includes(one));
  if (outcome === 'skipped' && isAccepted) return { state: 'accepted', by: name, says: told };
  const item: Item = { state: outcome === 'fail' ? 'broken' : 'not shown', by: name, says: told };
  return waived(evidence, item, (waiver) => waiver.of === 'test' && name.includes(waiver.name));
}

/** Shown when a chip with just the rate of the claim does as well with a chance of 1 - confidence at most. */
function soakItem({ name, soak }: Test, { below = 0, confidence = 1 }: Demand): Item[] {
  if (soak === null) return [];
  const { runs, failures } = soak;
  const isGood = chanceOfAtMost(failures, runs, below) <= 1 - confidence;
  const isBad = 1 - chanceOfAtMost(failures - 1, runs, below) <= 1 - confidence;
  return [
    {
      state: isGood ? 'shown' : isBad ? 'broken' : 'not shown',
      by: name,
      says: `${failures} of ${runs} failed`,
    },
  ];
}

/** Binomial distribution: the chance that `runs` runs with this failure rate have `failures` failures or fewer. */
export function chanceOfAtMost(failures: number, runs: number, rate: number): number {
  if (failures < 0 || failures >= runs) return failures < 0 ? 0 : 1;
  let log = runs * Math.log1p(-rate);
  let sum = Math.exp(log);
  for (let i = 1; i <= failures; i++) {
    log += Math.log((runs - i + 1) / i) + Math.log(rate) - Math.log1p(-rate);
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}
