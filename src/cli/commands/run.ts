import type { Command } from 'commander';
import { readJournal } from '../../report/journal.ts';
import type { Abilities } from '../../report/skip.ts';
import type { Holder, Lease } from '../../rig/index.ts';
import { abilitiesOf, giveBack, injectorOf, takeLease, writeRunSettings } from '../../rig/index.ts';
import { UsageError } from '../../units/index.ts';
import type { ChildEnd, ChildOptions } from '../child.ts';
import { runNode } from '../child.ts';
import { printClosing, printPages } from '../closing.ts';
import { EXIT, EXIT_OF_VERDICT } from '../exit-code.ts';
import { Interrupts } from '../interrupts.ts';
import { PLAYWRIGHT } from '../playwright.ts';
import { contextOf, newHolder } from '../run-context.ts';
import { endRun } from '../run-end.ts';
import { takeRunFolder } from '../run-folder.ts';
import type { RunOptions, RunRequest } from '../run-request.ts';
import { checkedSpan, checkRequest } from '../run-request.ts';
import { openUsableRig } from '../usable-rig.ts';

/** `h1-hil run`: runs the suites on one rig. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description('run suites on a rig and write the report')
    .argument('[suite...]', 'folders of suites/, all of them without')
    .option('-r, --rig <name>', 'rig of rigs/, or path to a rig file', 'sim')
    .option('--suites <folder>', 'suites that live elsewhere')
    .option('-p, --profile <name...>', 'driver profiles, "all" for every one; the complete stacks without')
    .option('--driver <module...>', 'drivers that live elsewhere: modules that export profile and datasheet')
    .option('-s, --seed <number>', 'seed of the run, 0 to 4294967295; one is chosen without')
    .option('-g, --grep <text>', 'only tests whose title matches this regular expression')
    .option('--below <rate>', 'soaks show a failure rate below this, 0.01 without')
    .option('--confidence <share>', 'with so much confidence, 0.95 without')
    .option(
      '--judging <mode>',
      'a breach of a rule that a test did not declare: strict fails the test; tell tells it; off does not look. Without: strict, and tell where an emulated host clocks late',
    )
    .option(
      '--twin <mode>',
      'an answer that a healthy reference chip would not give: strict fails the test, tell is told, off compares nothing. Without: strict for a simulated chip, off where --judging is off, and tell elsewhere',
    )
    .option('--report <folder>', 'folder of the report')
    .option('--wait <time>', 'wait this long for a rig that another run holds, such as 10m; 0 without')
    .option('--limit <time>', 'end the whole run after this, such as 2h; 24h without')
    .option('--list', 'list the tests and run none')
    .option('--json', 'print the summary as JSON; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil run                                      every suite on the simulated board
  h1-hil run sleep-wake irq-fallback -p linux-6.1   two suites, one driver profile
  h1-hil run irq-fallback --profile all           every host driver there is a row for
  h1-hil run soak --below 0.001 --confidence 0.99
  h1-hil run --rig raspberry-pi --grep "wake pulse"
  h1-hil run --seed 1234 --json > summary.json

Exit codes: 0 pass, 1 firmware or driver failure, 2 usage, 3 lab failure (no verdict), 4 inconclusive,
130 interrupted.`,
    )
    .action(async (suites: readonly string[], options: RunOptions) => {
      const request = await checkRequest(suites, options);
      process.exitCode = options.list === true ? await listTests(request) : await runSuites(request, options);
    });
}

async function listTests(request: RunRequest): Promise<number> {
  const { code } = await playwright(request, { args: ['--list', '--reporter', 'list'], id: '', folder: '' });
  return code === 0 ? EXIT.pass : EXIT.usage;
}

async function runSuites(request: RunRequest, { report, json, wait }: RunOptions): Promise<number> {
  const interrupts = new Interrupts();
  const holder = newHolder();
  try {
    const waitMs = wait === undefined ? 0 : checkedSpan('--wait', wait);
    const lease = await interrupts.unless(takeLease(request.rig, holder, { waitMs }));
    try {
      return await runHeld(request, { holder, lease, interrupts, report, isJson: json === true });
    } finally {
      await lease.release();
    }
  } finally {
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
}

async function runHeld(
  request: RunRequest,
  { holder, lease, interrupts, report, isJson }: Held,
): Promise<number> {
  const abilities = await interrupts.unless(examine(request));
  const context = contextOf(request, holder, [...abilities.names]);
  const folder = await takeRunFolder(report, `${request.rig.name}-${request.seed}`, holder);
  try {
    const end = await playwright(request, {
      args: [],
      id: holder.id,
      folder: folder.path,
      isJson,
      child: {
        interrupts,
        descriptors: [lease.descriptor, folder.descriptor].filter((one) => one !== undefined),
      },
    });
    if (hasNoTest(folder.path, end))
      throw new UsageError(
        `No test ${request.grep === undefined ? 'was found' : `matches ${request.grep}`}. h1-hil run --list shows what there is.`,
      );
    const { again } = request;
    const run = { context, abilities, folder, end, interrupts };
    const { summary, page, late } = await endRun(run, (told, ready) => {
      if (!isJson) printClosing(told, again, ready);
    });
    if (isJson) printJson({ ...summary, again, report: page });
    else if (summary.verdict !== 'pass') printPages(page);
    for (const trouble of late) process.stderr.write(`h1-hil: ${trouble}\n`);
    return EXIT_OF_VERDICT[summary.verdict];
  } finally {
    folder.spendReserve();
    folder.release();
  }
}

const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
};

/** Opens the rig once before any test, so that one sentence can say what is missing. */
async function examine({ rig, seed }: RunRequest): Promise<Abilities> {
  const { board } = await openUsableRig(rig, seed);
  const abilities = { names: new Set(abilitiesOf(rig, board)), canInject: injectorOf(board) };
  await giveBack(rig.name, [['board', () => board.close()]]);
  return abilities;
}

/** Whether the runner found no test, and nothing else went wrong. */
function hasNoTest(folder: string, { code, wasInterrupted }: ChildEnd): boolean {
  const journal = readJournal(folder);
  const isEmpty = journal.every(
    (entry) => entry.kind === 'end' || (entry.kind === 'plan' && entry.tests.length === 0),
  );
  return code === 0 && !wasInterrupted && isEmpty && journal.length > 0;
}

/** The runner needs this much longer than its limit, in milliseconds, to end the test that is under way. */
const RUNNER_ENDS_MS = 120_000;

interface Runner {
  readonly args: readonly string[];
  readonly id: string;
  readonly folder: string;
  readonly isJson?: boolean;
  readonly child?: Pick<ChildOptions, 'interrupts' | 'descriptors'>;
}

function playwright(
  request: RunRequest,
  { args, id, folder, isJson = false, child = {} }: Runner,
): Promise<ChildEnd> {
  const { rig, suites, profiles, drivers, seed, grep, claim, judging, twin, limitMs } = request;
  return runNode(
    [PLAYWRIGHT, 'test', ...(grep === undefined ? [] : [`--grep=${grep}`]), '--pass-with-no-tests', ...args],
    {
      ...child,
      limitMs: limitMs + RUNNER_ENDS_MS,
      env: writeRunSettings({
        ...{ rig: rig.key, suites: request.folder, only: [...suites], profiles: [...profiles] },
        ...{ seed, folder, id, limitMs },
        ...(claim !== undefined && { claim }),
        ...(judging !== undefined && { judging }),
        ...(twin !== undefined && { twin }),
        ...(drivers.length > 0 && { drivers: [...drivers] }),
      }),
      stdio: isJson ? ['ignore', process.stderr, 'inherit'] : 'inherit',
    },
  );
}
