import type { FailureClass } from '../report/attribution.ts';
import type { Verdict } from '../report/summary.ts';
import type { MovedMeasure } from './difference.ts';
import { movedMeasures } from './difference.ts';
import type { KnownFailures, KnownIssue, Quarantined } from './known-failures.ts';
import { endedBy, placeOf, quarantineOf } from './known-failures.ts';
import type { Contradiction, NightFacts, Sighting, Unrun } from './night-facts.ts';
import { seenKey } from './night-facts.ts';
import { nightBefore } from './nights.ts';
import type { RunHead } from './read.ts';
import type { Item } from './whats-new.ts';
import { itemsOf } from './whats-new.ts';

/** One night of the trend. */
export interface TrendNight {
  readonly night: string;
  readonly runs: number;
  readonly passed: number;
  readonly failed: number;
  /** Skipped, and not run. */
  readonly silent: number;
  /** Failures that were told of in this night, and how many of them had not been seen before. */
  readonly failures: number;
  readonly fresh: number;
}

/** How a rig is, as far as its runs say. */
export interface RigState {
  readonly rig: string;
  readonly hosts: readonly string[];
  readonly chip: string;
  /** Its runs of this night, the newest first. */
  readonly tonight: readonly RunHead[];
  /** The worst verdict of each night that counts, the oldest first; null where it had no run. */
  readonly verdicts: readonly (Verdict | null)[];
  /** Runs in the nights that count, and those of them in which the lab failed. */
  readonly runs: number;
  readonly withoutVerdict: number;
  /** Milliseconds since 1970. */
  readonly last: number;
}

/** A rule or a kind of time that moved on a rig. */
export interface MovedOnRig extends MovedMeasure {
  readonly rig: string;
  readonly run: RunHead;
  readonly against: RunHead;
}

/** All that one page tells of a night. */
export interface Morning {
  readonly night: string;
  readonly nights: number;
  readonly verdict: Verdict;
  /** Why it is no pass, as sentences. */
  readonly because: readonly string[];
  /** Runs of this night, the newest first. */
  readonly runs: readonly RunHead[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: number;
  readonly items: readonly Item[];
  /** Tests that passed and whose frames were not those of a run that has to be equal. */
  readonly contradictions: readonly Contradiction[];
  readonly trend: readonly TrendNight[];
  readonly rigs: readonly RigState[];
  readonly moved: readonly MovedOnRig[];
  readonly unrun: readonly Unrun[];
  /** Entries of the known failures whose last day is over. */
  readonly ended: readonly (Quarantined | KnownIssue)[];
}

/** Makes what the morning page tells. */
export function morningOf(facts: NightFacts, known: KnownFailures): Morning {
  const { night, nights } = facts;
  const runs = facts.runs.filter((run) => run.night === night);
  const sum = (part: 'passed' | 'failed' | 'skipped' | 'notRun'): number =>
    runs.reduce((all, run) => all + run[part], 0);
  const ended = endedBy(known, night);
  const items = itemsOf(facts, known);
  return {
    ...{ night, nights, ...verdictOf(facts, known, runs), runs, items, unrun: facts.unrun, ended },
    ...{ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), notRun: sum('notRun') },
    contradictions: facts.contradictions.filter(({ differs }) => differs === 'digest'),
    trend: trendOf(facts),
    rigs: rigsOf(facts),
    moved: facts.measured.flatMap(({ run, before, now, then }) =>
      movedMeasures(then, now).map((one) => ({ ...one, rig: run.rig, run, against: before })),
    ),
  };
}

const OF_CHIP_OR_DRIVER: readonly FailureClass[] = ['firmware', 'driver profile'];

/**
 * A night passes when every run of it did; what is quarantined does not count. A failure of chip or driver is told whatever
 * else went wrong.
 */
function verdictOf(
  facts: NightFacts,
  known: KnownFailures,
  runs: readonly RunHead[],
): Pick<Morning, 'verdict' | 'because'> {
  const { night } = facts;
  const because = endedBy(known, night).map(
    (entry) =>
      `The entry ${placeOf(entry)} of ${entry.owner} ended on ${entry.until}: renew it with a reason, or take it out.`,
  );
  if (runs.length === 0)
    return { verdict: 'no verdict', because: [`No run belongs to the night of ${night}.`, ...because] };
  const failures = facts.sightings.filter(({ signature, run }) => signature !== null && run.night === night);
  const isCounted = ({ test, run }: Sighting): boolean =>
    quarantineOf(known, test, run.rig, night) === undefined;
  const counted = failures.filter(isCounted);
  const excused = runs.filter((run) => isExcused(run, failures, counted));
  const open = runs.filter((run) => run.verdict !== 'pass' && !excused.includes(run));
  because.push(...open.map(sentenceOf).filter((one) => one !== ''));
  const isOfChipOrDriver = ({ outcome, fault }: Sighting): boolean =>
    outcome === 'fail' && fault !== null && OF_CHIP_OR_DRIVER.includes(fault);
  if (counted.some(isOfChipOrDriver) || open.some(({ verdict }) => verdict === 'fail'))
    return { verdict: 'fail', because };
  if (open.some(({ verdict }) => verdict === 'no verdict' || verdict === 'interrupted') || because.length > 0)
    return { verdict: 'no verdict', because };
  return { verdict: open.length > 0 ? 'inconclusive' : 'pass', because };
}

/** Whether nothing but quarantined failures kept a run from being a pass. */
const isExcused = (run: RunHead, failures: readonly Sighting[], counted: readonly Sighting[]): boolean =>
  (run.verdict === 'fail' || (run.verdict !== 'interrupted' && run.because.length === 0)) &&
  run.because.length === 0 &&
  run.notRun === 0 &&
  failures.some((one) => one.run === run) &&
  !counted.some((one) => one.run === run);

/** Of a run whose failures do not say it themselves. */
const sentenceOf = ({ run, rig, verdict, because }: RunHead): string =>
  verdict === 'fail' && because.length === 0
    ? ''
    : verdict === 'inconclusive'
      ? ''
      : `Run ${run.slice(0, 8)} on rig ${rig}: ${verdict}${because.length === 0 ? '' : `. ${because[0]}`}`;

function trendOf({ night, nights, runs, sightings }: NightFacts): TrendNight[] {
  const first = new Map<string, string>();
  const failures = new Map<string, Set<string>>();
  for (const { test, signature, run } of sightings) {
    if (signature === null) continue;
    const key = seenKey(test.path, signature.hash);
    if (!first.has(key)) first.set(key, run.night);
    const ofNight = failures.get(run.night) ?? new Set();
    failures.set(run.night, ofNight.add(key));
  }
  return Array.from({ length: nights }, (_, at) => {
    const date = nightBefore(night, nights - 1 - at);
    const here = runs.filter((run) => run.night === date);
    const seen = [...(failures.get(date) ?? [])];
    return {
      ...{ night: date, runs: here.length, failures: seen.length },
      fresh: seen.filter((key) => first.get(key) === date).length,
      passed: here.reduce((sum, run) => sum + run.passed, 0),
      failed: here.reduce((sum, run) => sum + run.failed, 0),
      silent: here.reduce((sum, run) => sum + run.skipped + run.notRun, 0),
    };
  });
}

/** The verdicts from best to worst. */
const WORSE: readonly Verdict[] = ['pass', 'inconclusive', 'interrupted', 'no verdict', 'fail'];

function rigsOf({ night, nights, runs }: NightFacts): RigState[] {
  return [...new Set(runs.map(({ rig }) => rig))].sort().map((rig) => {
    const here = runs.filter((run) => run.rig === rig);
    const verdicts = Array.from({ length: nights }, (_, at) => {
      const ofNight = here.filter((run) => run.night === nightBefore(night, nights - 1 - at));
      return ofNight.reduce<Verdict | null>(
        (worst, { verdict }) =>
          worst === null || WORSE.indexOf(verdict) > WORSE.indexOf(worst) ? verdict : worst,
        null,
      );
    });
    return {
      ...{ rig, verdicts, hosts: [...new Set(here.map(({ host }) => host))].sort(), runs: here.length },
      chip: here.find(({ chip }) => chip !== '')?.chip ?? '',
      tonight: here.filter((run) => run.night === night),
      withoutVerdict: here.filter(({ verdict }) => verdict === 'no verdict').length,
      last: here[0]!.started,
    };
  });
}
