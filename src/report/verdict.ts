import type { FailureClass } from './attribution.ts';
import { TOO_FEW_RUNS } from './attribution.ts';
import type { Failure, JournalEntry } from './journal.ts';
import { endOf, tallyOf } from './tally.ts';
import type { Abilities } from './skip.ts';
import { isExpectedSkip } from './skip.ts';
import type { TestRecord } from './tally.ts';

/** What a run says as a whole; `no verdict` when the lab failed and not chip or driver. */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'no verdict' | 'interrupted';

/** How the runner ended, and what went wrong after its end. */
export interface Ending {
  /** Exit code of the runner; 128 and the signal's number when a signal ended it. */
  readonly code: number;
  readonly wasInterrupted: boolean;
  /** What went wrong beside the tests, each as a sentence: a reporter, a limit, a full disk. */
  readonly troubles: readonly string[];
  /** Soaks that were under way when the run ended, whose counts are kept, each as a sentence. */
  readonly openSoaks?: readonly string[];
}

/** The verdict of a run, with its reasons. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Why it is no pass, as sentences; empty when the tests' own failures say it. */
  readonly because: readonly string[];
}

/** Classes that speak against what is tested. */
const OF_CHIP_OR_DRIVER: readonly FailureClass[] = ['firmware', 'driver profile'];

/** Signals with which a person or a service ends a program: INT, TERM, HUP. */
const ENDED_BY_HAND: readonly number[] = [2, 15, 1].map((signal) => 128 + signal);

/**
 * The verdict of a run. It is a pass only when the runner's exit code, its journal, every reporter and every planned test
 * agree; a failure of chip or driver is told whatever else went wrong.
 */
export function judgeRun(
  journal: readonly JournalEntry[],
  { code, wasInterrupted, troubles, openSoaks = [] }: Ending,
  abilities: Abilities | undefined,
): Judgement {
  const { failures } = tallyOf(journal, []);
  const isDown = journal.some(({ kind }) => kind === 'rig down');
  const because = [...troubles, ...doubtsOf(journal, code, abilities)];
  const status = endOf(journal)?.status;
  const isStopped = wasInterrupted || status === 'interrupted' || ENDED_BY_HAND.includes(code);
  const isCut = isStopped || status === 'timedout';
  if (isCut && !isDown && failures.length === 0 && troubles.length === 0 && openSoaks.length > 0)
    return { verdict: 'inconclusive', because: openSoaks };
  if (isStopped && !isDown) return { verdict: 'interrupted', because: [...troubles, ...openSoaks] };
  if (failures.some(isOfChipOrDriver) && !isDown) return { verdict: 'fail', because };
  const isOpen = failures.length > 0 && failures.every(({ rule }) => rule === TOO_FEW_RUNS);
  if (isOpen && because.length === 0) return { verdict: 'inconclusive', because };
  if (failures.length > 0 || because.length > 0 || isDown) return { verdict: 'no verdict', because };
  return { verdict: 'pass', because };
}

const isOfChipOrDriver = (failure: Failure): boolean =>
  OF_CHIP_OR_DRIVER.includes(failure.class) && failure.rule !== TOO_FEW_RUNS;

/** The runner's exit code when it ended itself, as after too many failures of the lab. */
const OWN_END = 130;

/** What prevents a pass when no test has failed. */
function doubtsOf(
  journal: readonly JournalEntry[],
  code: number,
  abilities: Abilities | undefined,
): string[] {
  const { failures, passed, procedures, notRun, planned } = tallyOf(journal, []);
  const end = endOf(journal);
  const broken = journal.find((entry) => entry.kind === 'broken');
  const doubts =
    broken === undefined ? [] : [`Line ${broken.line} of the journal is not what the runner writes.`];
  const isOwnEnd = code === OWN_END && end !== undefined;
  if (code > 128 && !isOwnEnd)
    doubts.push(`The runner was ended by signal ${code - 128}, and not by this command.`);
  else if (end === undefined) doubts.push('The runner ended before it had told how the run went.');
  else if (end.status === 'timedout') doubts.push('The limit of the whole run was reached.');
  else if (failures.length === 0 && code !== 0)
    doubts.push(`The runner ended with code ${code} although no test failed: one of its reporters did.`);
  else if (failures.length === 0 && end.status !== 'passed')
    doubts.push(`The runner calls the run ${end.status} although no test failed.`);
  if (failures.length === 0 && notRun > 0)
    doubts.push(`${notRun} of ${planned.length} planned tests were not run.`);
  if (failures.length === 0 && procedures === 0) doubts.push(withoutProcedure(passed));
  return [...doubts, ...lostMeasures(journal), ...unexpectedSkips(journal, planned, abilities)];
}

/** One sentence for all tests, with the reason of the first. */
function lostMeasures(journal: readonly JournalEntry[]): string[] {
  const lost = journal.flatMap((entry) => (entry.kind === 'test' ? [entry.lost] : []));
  const reasons = lost.filter((reason) => reason !== undefined);
  return reasons.length === 0
    ? []
    : [`What was measured in ${reasons.length} tests could not be kept: ${reasons[0]}.`];
}

const withoutProcedure = (passed: number): string =>
  passed === 0 ? 'Not one test passed.' : `None of the ${passed} tests that passed touched a board.`;

function unexpectedSkips(
  journal: readonly JournalEntry[],
  planned: readonly TestRecord[],
  abilities: Abilities | undefined,
): string[] {
  return journal.flatMap((entry) => {
    if (entry.kind !== 'test' || entry.outcome !== 'skipped') return [];
    const { suite, profile, title } = planned[entry.test]!;
    return isExpectedSkip(entry.skip?.skip, profile, abilities)
      ? []
      : [
          `${suite} · ${profile} · ${title} was skipped, and nothing of this rig explains it: ${entry.skip?.reason ?? 'no reason given'}.`,
        ];
  });
}
