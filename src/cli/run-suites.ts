import type { RunRecord } from '../history/index.ts';
import { compareRuns } from '../history/index.ts';
import { addToJournal, beginJournal, readJournal } from '../report/journal.ts';
import type { Abilities } from '../report/skip.ts';
import type { Holder, Lease, RigHold } from '../rig/index.ts';
import { abilitiesOf, acquireLease, giveBack, injectorOf, literal, serveBroker } from '../rig/index.ts';
import type { ChildEnd } from './child.ts';
import { printClosing, printPages } from './closing.ts';
import { EXIT, EXIT_OF_VERDICT } from './exit-code.ts';
import { historyPlace, keepInHistory, recordIn, recordWithoutTests, runBefore } from './history-place.ts';
import { Interrupts } from './interrupts.ts';
import { RigNotGood } from '../lab/index.ts';
import { printJson } from './print-json.ts';
import { canaryBefore } from './rig-health.ts';
import { contextOf, newHolder } from './run-context.ts';
import { endRun } from './run-end.ts';
import { takeRunFolder } from './run-folder.ts';
import type { RunOptions, RunRequest } from './run-request.ts';
import { checkedSpan, noTest } from './run-request.ts';
import { exitOf, showComparison } from './show-comparison.ts';
import { runTests } from './test-runner.ts';
import { openUsableRig } from './usable-rig.ts';

/**
 * Runs the suites on a rig, from its lease to the report.
 * @param hold the rig as a coordinator gave it, when one did; the run ends when it is lost
 * @returns the exit code
 */
export async function runSuites(request: RunRequest, options: RunOptions, hold?: RigHold): Promise<number> {
  const { report, json, wait } = options;
  const history = historyPlace(options.history);
  const before = options.against === undefined ? undefined : await runBefore(history, options.against);
  const interrupts = new Interrupts();
  const holder = newHolder();
  const broker = hold && (await serveBroker(hold));
  const onLost = (): void => {
    interrupts.end(hold?.lost.reason);
  };
  hold?.lost.addEventListener('abort', onLost);
  if (hold?.lost.aborted === true) onLost();
  try {
    const waitMs = wait === undefined ? 0 : checkedSpan('--wait', wait);
    const lease = await interrupts.unless(acquireLease(request.rig, holder, { waitMs }));
    try {
      return await runHeld(request, {
        holder,
        lease,
        interrupts,
        report,
        isJson: json === true,
        history,
        before,
        hasCanary: options.canary === true,
        job: options.job,
        hold,
        broker: broker?.path,
      });
    } finally {
      await lease.release();
    }
  } finally {
    hold?.lost.removeEventListener('abort', onLost);
    broker?.close();
    interrupts.stop();
  }
}

/** What a run has taken before it has its folder. */
interface Held {
  readonly holder: Required<Holder>;
  readonly lease: Lease;
  readonly interrupts: Interrupts;
  readonly report: string | undefined;
  readonly isJson: boolean;
  /** Where the run is kept; undefined when nowhere. */
  readonly history: string | undefined;
  /** The run that it is compared with. */
  readonly before: RunRecord | undefined;
  readonly hasCanary: boolean;
  /** The job of a night that asks for it. */
  readonly job: string | undefined;
  /** The rig as a coordinator gave it; undefined where the kernel keeps it. */
  readonly hold: RigHold | undefined;
  /** Where workers ask for it. */
  readonly broker: string | undefined;
}

async function runHeld(
  request: RunRequest,
  { holder, lease, interrupts, report, isJson, history, before, hasCanary, job, hold, broker }: Held,
): Promise<number> {
  const fingerprint = hasCanary
    ? await sungBefore(request, { holder, history, job, interrupts, hold })
    : undefined;
  const abilities = await interrupts.unless(examine(request, hold));
  const found = { abilities: [...abilities.names], fingerprint, job };
  const context = contextOf(request, holder, found);
  const folder = await takeRunFolder(report, `${request.rig.name}-${request.seed}`, holder);
  const onLost = (): void => {
    // Of what comes later nobody knows whose rig it was.
    addToJournal(folder.path, { kind: 'rig down' });
  };
  hold?.lost.addEventListener('abort', onLost);
  try {
    const runner = {
      ...{
        id: holder.id,
        broker,
        folder: folder.path,
        output: isJson ? process.stderr : ('inherit' as const),
      },
      child: {
        interrupts,
        descriptors: [lease.descriptor, folder.descriptor].filter((one) => one !== undefined),
      },
    };
    let end = await runTests(request, runner);
    if (hasNoTest(folder.path, end) && request.grep !== undefined) {
      beginJournal(folder.path);
      end = await runTests({ ...request, grep: literal(request.grep) }, runner);
    }
    if (hasNoTest(folder.path, end)) throw noTest(request);
    const { again } = request;
    const run = { context, abilities, lease, folder, end, interrupts };
    const { summary, page, late } = await endRun(run, (told, ready) => {
      if (!isJson) printClosing(told, again, ready);
    });
    const record = recordIn(folder.path, summary, again);
    const unkept = await keepInHistory(history, record);
    const comparison = before === undefined ? undefined : compareRuns(before, record);
    if (isJson) printJson({ ...summary, again, report: page, comparison });
    else if (summary.verdict !== 'pass') printPages(page);
    if (comparison !== undefined && !isJson) process.stdout.write(`\n${showComparison(comparison)}`);
    for (const trouble of [...late, unkept ?? []].flat()) process.stderr.write(`h1-hil: ${trouble}\n`);
    // A comparison takes nothing back from a verdict: only of a pass it can say that something got worse.
    const code = EXIT_OF_VERDICT[summary.verdict];
    return code === EXIT.pass && comparison !== undefined ? exitOf(comparison) : code;
  } finally {
    hold?.lost.removeEventListener('abort', onLost);
    folder.spendReserve();
    folder.release();
  }
}

/** Lets the canary sing. A run that it ends is in the history too: without tests, and with the reason. */
async function sungBefore(
  request: RunRequest,
  {
    holder,
    history,
    job,
    interrupts,
    hold,
  }: Pick<Held, 'holder' | 'history' | 'job' | 'interrupts' | 'hold'>,
): Promise<string> {
  const tell = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  try {
    const fingerprint = await interrupts.unless(
      canaryBefore(request.rig, history, { tell, check: hold?.check }),
    );
    await hold?.note({ health: 'good' });
    return fingerprint;
  } catch (failure) {
    if (!(failure instanceof RigNotGood)) throw failure;
    await hold?.note({ health: 'bad' });
    const context = contextOf(request, holder, { abilities: [], job });
    const unkept = await keepInHistory(history, recordWithoutTests(context, request.again, failure.message));
    if (unkept !== undefined) process.stderr.write(`h1-hil: ${unkept}\n`);
    throw failure;
  }
}

/** Opens the rig once before any test, so that one sentence can say what is missing. */
async function examine({ rig, seed }: RunRequest, hold: RigHold | undefined): Promise<Abilities> {
  const { board } = await openUsableRig(rig, seed, { check: hold?.check });
  const abilities = { names: new Set(abilitiesOf(rig, board)), canInject: injectorOf(board) };
  await giveBack(rig.name, [['board', () => board.close()]]);
  return abilities;
}

/** Whether the runner found no test, and nothing else went wrong. */
function hasNoTest(folder: string, { code, wasInterrupted }: ChildEnd): boolean {
  const plan = readJournal(folder).find((entry) => entry.kind === 'plan');
  return code === 0 && !wasInterrupted && plan?.tests.length === 0;
}
