import type { Command } from 'commander';
import { Option } from 'commander';
import { historyOption, knownOption } from '../history-place.ts';
import { listTests } from '../list-tests.ts';
import type { RigHold } from '../../rig/index.ts';
import { coordinatorOption, WISH_HELP, withPlace } from '../leases.ts';
import { narrowed } from '../narrowed.ts';
import type { RunOptions } from '../run-request.ts';
import { checkRequest, JOBS_VARIABLE } from '../run-request.ts';
import { runSuites } from '../run-suites.ts';

const EXAMPLES = `
Examples:
  h1-hil run                                      every suite on the simulated board
  h1-hil run sleep-wake irq-fallback -p linux-6.1   two suites, one driver profile
  h1-hil run irq-fallback --profile all           every host driver there is a row for
  h1-hil run soak --below 0.001 --confidence 0.99
  h1-hil run soak --rig raspberry-pi --for 8h     a night of soaks, each 8 hours at the most
  h1-hil run --rig raspberry-pi --resume          go on with their counts in the next night
  h1-hil run --rig raspberry-pi --grep "wake pulse"
  h1-hil run --jobs 1                             one test after the other
  h1-hil run sleep-wake/margin:79 --repeat-each 10  one test, ten times
  h1-hil run --last-failed -x                     what failed last time, until something fails
  h1-hil run --tag "BUGS L-12" "CHIP 2"           what cites one of these clauses
  h1-hil run --against latest                     and what of it is not as it was before
  h1-hil run --place 'board=h1 health=good' --coordinator lab:20408 --wait 1h
  h1-hil run --list --json                        titles, files and sources of the tests
  h1-hil run --seed 1234 --json > summary.json

Exit codes: 0 pass, 1 firmware or driver failure, 2 usage, 3 lab failure (no verdict), 4 inconclusive,
130 interrupted.`;

/** `h1-hil run`: runs the suites on one rig. */
export function addRun(program: Command): void {
  const run = program
    .command('run')
    .description('run suites on a rig and write the report')
    .argument(
      '[suite...]',
      'folders of suites/, all of them without; or a file, or a test by its line: suite/file:79',
    )
    .option('-r, --rig <name>', 'rig of rigs/, or path to a rig file', 'sim')
    .option('--suites <folder>', 'suites that live elsewhere')
    .option('-p, --profile <name...>', 'driver profiles, "all" for every one; the complete drivers without')
    .option('--driver <module...>', 'drivers that live elsewhere: modules that export profile and datasheet')
    .option('-s, --seed <number>', 'seed of the run, 0 to 4294967295; one is chosen without')
    .option(
      '-g, --grep <text>',
      'only tests whose title matches this regular expression; one that matches nothing is tried as plain text',
    )
    .option(
      '--tag <tag...>',
      'only tests with one of these tags, or that cite one of these clauses, such as "BUGS L-12"',
    )
    .option(
      '--judging <mode>',
      'a breach of a rule that a test did not declare: strict fails the test; tell tells it; off does not look. Without: strict, and tell where an emulated host clocks late',
    )
    .option(
      '--twin <mode>',
      'an answer that a healthy reference chip would not give: strict fails the test, tell is told, off compares nothing. Without: tell, and off where --judging is off or an emulated host clocks late',
    )
    .option(
      '--last-failed',
      'only what failed or was not run in the last run on this rig, with its seed and profiles',
    )
    .option('--repeat-each <count>', 'run each test so often; each repetition has chances of its own')
    .option('-x', 'stop at the first failure')
    .option('--max-failures <count>', 'stop after so many failures')
    .option('--shard <part/parts>', 'one part of the tests, such as 1/3, for several hosts')
    .addOption(
      new Option(
        '-j, --jobs <number>',
        'tests at the same time, on a simulated rig; one a core without, and one on every other rig',
      ).env(JOBS_VARIABLE),
    )
    .option('--report <folder>', 'folder of the report')
    .option('--keep-traces', 'keep the trace of every test, for h1-hil decode, in traces/ of that folder')
    .option('--wait <time>', 'wait this long for a rig that another run holds, such as 10m; 0 without')
    .option('--limit <time>', 'end the whole run after this, such as 2h; 24h without')
    .option('--list', 'list the tests and run none')
    .option('--json', 'print the summary as JSON; progress goes to stderr')
    .addHelpText('after', EXAMPLES)
    .action(async (suites: readonly string[], options: RunOptions) => {
      process.exitCode = await runOnPlace(suites, options);
    });
  addLeaseOptions(run);
  addSoakOptions(run);
  addHistoryOptions(run);
}

/** Runs on the rig that was named, or on one that is leased first. @returns the exit code */
const runOnPlace = (suites: readonly string[], options: RunOptions): Promise<number> =>
  options.place === undefined
    ? runOn(suites, options)
    : withPlace(options.place, options, (hold) => runOn(suites, { ...options, rig: hold.rig }, hold));

/** @returns the exit code */
async function runOn(suites: readonly string[], options: RunOptions, hold?: RigHold): Promise<number> {
  const request = await narrowed(await checkRequest(suites, options), options);
  return options.list === true
    ? listTests(request, options.json === true)
    : runSuites(request, options, hold);
}

/** Which rig, when it is not named. */
function addLeaseOptions(run: Command): void {
  run
    .option('--place <wish>', `in the place of --rig, ${WISH_HELP}`)
    .addOption(coordinatorOption())
    .option('--priority <number>', 'in the queue for such a rig; 0 without');
}

/** What the soaks are to show, and how long they may take. */
function addSoakOptions(run: Command): void {
  run
    .option('--below <rate>', 'soaks show a failure rate below this, 0.01 without')
    .option('--confidence <share>', 'with so much confidence, 0.95 without')
    .option(
      '--for <time>',
      "each soak ends undecided after this, such as 8h, on the board's clock; its counts are kept",
    )
    .option(
      '--resume',
      'go on with what the last run on this rig left: its undecided soaks with their counts, and what failed or was not run',
    );
}

/** What has to do with other runs. */
function addHistoryOptions(run: Command): void {
  run
    .addOption(historyOption())
    .option(
      '--against <run>',
      'compare with this run afterwards: the beginning of an id, latest, or a folder with a report; what got worse makes a pass end with 1',
    )
    .option(
      '--canary',
      'look at the rig before the first test, as h1-hil rig canary does; when it is not good there is no verdict',
    )
    .option('--job <name>', 'name of a job, for the history: when it last ran, and how long')
    .option('--only-quarantined', 'only tests that are quarantined, by the file of --known')
    .addOption(knownOption());
}
