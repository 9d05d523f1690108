import { rateInterval } from '../report/rates.ts';
import type { KnownFailures, KnownIssue, Quarantined } from './known-failures.ts';
import { issueOf, quarantineOf } from './known-failures.ts';
import type { Contradiction, NightFacts, Sighting } from './night-facts.ts';
import { seenKey } from './night-facts.ts';
import type { RunHead } from './read.ts';
import type { TestName } from './record.ts';
import type { Signature } from './signature.ts';

/**
 * What a failure is this night. `new`: never seen before. `flaky`: the test also passed although nothing had changed.
 * `quarantined`: it is told and does not decide. `known`: seen before, and the test has not passed since without a change.
 * `fixed`: it was there, and the test passes so that chance does not explain it. `not run`: it was there, and this night
 * could not show it.
 */
export const STATES = ['new', 'flaky', 'known', 'quarantined', 'not run', 'fixed'] as const;
export type State = (typeof STATES)[number];

/** How often the test showed the failure, and the exact interval of the rate with 95 % confidence. */
export interface SeenRate {
  readonly failed: number;
  readonly of: number;
  readonly from: number;
  readonly to: number;
}

/** One failure of one test with one driver: what is known of it over the nights. */
export interface Item {
  readonly state: State;
  readonly test: TestName;
  readonly signature: Signature;
  /** Why it has its state, as a sentence. */
  readonly why: string;
  /** When it was first and last seen, in milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
  /** Rigs that showed it in the nights that count; of this night when it was seen in this night. */
  readonly rigs: readonly string[];
  readonly rate: SeenRate;
  /** How often it was seen in this night, of how many results. */
  readonly tonight: { readonly failed: number; readonly of: number };
  readonly isFirstSeen: boolean;
  readonly says: string;
  /** The command that repeats it, and the run that showed it last. */
  readonly again: string | null;
  readonly run: RunHead;
  readonly issue: KnownIssue | undefined;
  readonly quarantine: Quarantined | undefined;
}

/** A difference that chance explains less often than this is real. */
const CHANCE = 0.05;
const CONFIDENCE = 0.95;

/** Every failure that this night has to tell of, by state. */
export function itemsOf(facts: NightFacts, known: KnownFailures): Item[] {
  const tests = new Map<string, Sighting[]>();
  for (const one of facts.sightings) {
    const all = tests.get(one.test.path) ?? [];
    tests.set(one.test.path, all);
    all.push(one);
  }
  const items = [...tests.values()].flatMap((sightings) =>
    [...signaturesIn(sightings)].flatMap(
      (hash) => itemOf(new Line(sightings, hash, facts), facts, known) ?? [],
    ),
  );
  return items.sort(
    (a, b) =>
      STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
      b.tonight.failed - a.tonight.failed ||
      a.first - b.first,
  );
}

const signaturesIn = (sightings: readonly Sighting[]): Set<string> =>
  new Set(sightings.flatMap(({ signature }) => (signature === null ? [] : [signature.hash])));

/** A result that says something of chip and driver. */
const hasSpoken = ({ outcome }: Sighting): boolean => outcome !== 'skipped' && outcome !== 'not run';

/** One failure of one test over the nights that count. */
class Line {
  readonly seen: readonly Sighting[];
  readonly tonight: readonly Sighting[];
  readonly seenTonight: readonly Sighting[];
  /** Of rigs that showed the failure: what another rig does says nothing of these. */
  readonly results: readonly Sighting[];

  constructor(
    readonly all: readonly Sighting[],
    readonly hash: string,
    facts: NightFacts,
  ) {
    this.seen = all.filter(({ signature }) => signature?.hash === hash);
    const rigs = new Set(this.seen.map(({ run }) => run.rig));
    this.results = all.filter((one) => hasSpoken(one) && rigs.has(one.run.rig));
    this.tonight = all.filter(({ run }) => run.night === facts.night && rigs.has(run.rig));
    this.seenTonight = this.seen.filter(({ run }) => run.night === facts.night);
  }

  get last(): Sighting {
    return this.seen.at(-1)!;
  }

  /** Results from the first sighting on, and those after the last one that passed. */
  get span(): { readonly failed: number; readonly of: number; readonly passedSince: readonly Sighting[] } {
    const from = this.results.indexOf(this.seen[0]!);
    const to = this.results.lastIndexOf(this.last);
    const passedSince = this.results.slice(to + 1).filter(({ outcome }) => outcome === 'pass');
    return { failed: this.seen.length, of: to - from + 1, passedSince };
  }

  /** A pass after the first sighting, of the same rig, commit, chip and rig file as one. */
  get unchangedPass(): Sighting | undefined {
    const failed = new Set(this.seen.map(({ run }) => thingsOf(run)));
    const since = this.results.slice(this.results.indexOf(this.seen[0]!));
    return since.find(({ outcome, run }) => outcome === 'pass' && failed.has(thingsOf(run)));
  }
}

/** Everything that a change of result may come from, beside chance. */
const thingsOf = ({ rig, rigHash, fingerprint, chip, commit, versions }: RunHead): string =>
  JSON.stringify([rig, rigHash, fingerprint, chip, commit, versions['h1-hil'], versions['kernel']]);

/** Undefined when the failure was fixed before this night, and this night says nothing else. */
function itemOf(line: Line, facts: NightFacts, known: KnownFailures): Item | undefined {
  const { test, run, signature, says, again } = line.last;
  const first = Math.min(
    facts.firstSeen.get(seenKey(test.path, line.hash)) ?? Infinity,
    line.seen[0]!.run.started,
  );
  const isFirstSeen =
    line.seen.every(({ run: { night } }) => night === facts.night) && first >= line.seen[0]!.run.started;
  const stated = line.seenTonight.length > 0 ? seenState(line, facts, isFirstSeen) : unseenState(line, facts);
  if (stated === undefined) return undefined;
  const shown = (line.seenTonight.length > 0 ? line.seenTonight : line.seen).map((one) => one.run.rig);
  const rigs = [...new Set(shown)].sort();
  // A quarantine of one rig says nothing of another that shows the same.
  const entries = rigs.map((rig) => quarantineOf(known, test, rig, facts.night));
  const quarantine = entries.every((one) => one !== undefined) ? entries[0] : undefined;
  return {
    ...(quarantine === undefined || stated.state === 'fixed'
      ? stated
      : {
          state: 'quarantined',
          why: `${stated.why}; quarantined until ${quarantine.until} by ${quarantine.owner}: ${quarantine.reason}`,
        }),
    ...{ test, signature: signature!, first, last: run.started, rigs, rate: rateOf(line) },
    tonight: { failed: line.seenTonight.length, of: line.tonight.filter(hasSpoken).length },
    ...{ isFirstSeen, says: says ?? '', again, run, quarantine },
    issue: issueOf(known, signature!, test, run.rig),
  };
}

/** Over all results from the first sighting on: those before it say that it was not there yet. */
function rateOf(line: Line): SeenRate {
  const of = line.results.length - line.results.indexOf(line.seen[0]!);
  return { failed: line.seen.length, of, ...rateInterval(line.seen.length, of, CONFIDENCE) };
}

function seenState(line: Line, facts: NightFacts, isFirstSeen: boolean): Pick<Item, 'state' | 'why'> {
  const contradiction = contradictionOf(line, facts);
  if (contradiction !== undefined)
    return {
      state: 'flaky',
      why: `with the same seed, commit and rig it passed in run ${short(contradiction.other)} and not in run ${short(contradiction.run)}, in simulated time`,
    };
  if (isFirstSeen) {
    const before = line.results.filter(
      ({ outcome, run }) => outcome === 'pass' && run.night < facts.night,
    ).length;
    const never =
      line.results.length === 0 || before === 0
        ? 'it has no pass before'
        : `it passed ${times(before)} before`;
    return { state: 'new', why: `never seen before; ${never} in these ${facts.nights} nights` };
  }
  const passed = line.unchangedPass;
  if (passed !== undefined)
    return {
      state: 'flaky',
      why: `seen before, and it passed in run ${short(passed.run)} with the same rig, chip and commit`,
    };
  const since = new Set(line.seen.map(({ run }) => run.night)).size;
  return {
    state: 'known',
    why: `seen in ${since} of these ${facts.nights} nights, and no pass since without a change`,
  };
}

const contradictionOf = (line: Line, { contradictions }: NightFacts): Contradiction | undefined =>
  contradictions.find(
    ({ test, run, differs }) =>
      differs === 'outcome' &&
      test.path === line.last.test.path &&
      line.seen.some((one) => one.run.rig === run.rig),
  );

function unseenState(line: Line, facts: NightFacts): Pick<Item, 'state' | 'why'> | undefined {
  const spoken = line.tonight.filter(hasSpoken);
  const passedTonight = spoken.filter(({ outcome }) => outcome === 'pass');
  if (isFixed(line, ({ run }) => run.night < facts.night)) return undefined;
  if (spoken.length === 0)
    return {
      state: 'not run',
      why: line.tonight[0]?.says ?? 'no run of this night had the test on a rig that showed it',
    };
  if (passedTonight.length === 0)
    return {
      state: 'not run',
      why: `the test failed in another way: ${spoken.at(-1)!.says ?? 'nothing is known'}`,
    };
  if (isFixed(line, () => true)) {
    const { passedSince, failed, of } = line.span;
    const rate =
      failed === of
        ? `it had failed every time (${failed} of ${of})`
        : `it had failed ${failed} of ${of} times`;
    return { state: 'fixed', why: `passed ${times(passedSince.length)} since; ${rate}${changeSince(line)}` };
  }
  return { state: 'flaky', why: 'it passed this night, but not so often that it is fixed' };
}

/** Passes since the last sighting, so many that the rate before does not explain them; or one after a change. */
function isFixed(line: Line, counts: (one: Sighting) => boolean): boolean {
  const { failed, of, passedSince } = line.span;
  const passes = passedSince.filter(counts);
  if (passes.length === 0) return false;
  const hasChanged = passes.some(({ run }) => thingsOf(run) !== thingsOf(line.last.run));
  if (failed === of && hasChanged) return true;
  // One result more that passed: of a failure that was seen once nobody knows that it comes every time.
  return (1 - failed / (of + 1)) ** passes.length < CHANCE;
}

function changeSince(line: Line): string {
  const { run } = line.span.passedSince[0]!;
  const old = line.last.run;
  const changes = [
    run.commit === old.commit ? '' : `commit ${old.commit} to ${run.commit}`,
    run.chip === old.chip ? '' : `chip ${old.chip} to ${run.chip}`,
    run.rigHash === old.rigHash ? '' : 'the rig file',
  ].filter((part) => part !== '');
  return changes.length === 0
    ? '; of commit, chip and rig file nothing changed'
    : `; changed: ${changes.join(', ')}`;
}

const short = ({ run }: RunHead): string => run.slice(0, 8);
const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
