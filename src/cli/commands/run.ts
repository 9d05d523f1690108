import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { buildHtmlReport } from '../../../reports/html-report.ts';
import { renderTables } from '../../report/tables.ts';
import type { RunSummary } from '../../report/summary.ts';
import { readSummary } from '../../report/summary.ts';
import { takeLease, userName, writeRunSettings } from '../../rig/index.ts';
import { UsageError } from '../../units/index.ts';
import type { ChildEnd } from '../child.ts';
import { runNode } from '../child.ts';
import { printClosing } from '../closing.ts';
import { EXIT, EXIT_OF_VERDICT } from '../exit-code.ts';
import { PLAYWRIGHT } from '../playwright.ts';
import { linkLatest, makeRunFolder } from '../run-folder.ts';
import type { RunOptions, RunRequest } from '../run-request.ts';
import { checkRequest } from '../run-request.ts';
import { openUsableRig } from '../usable-rig.ts';

/** `h1-hil run`: the suites on one rig. */
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
      'a breach of a rule that a test did not declare: strict fails the test, tell is told, as without',
    )
    .option(
      '--twin <mode>',
      'an answer that a healthy reference chip would not give: strict fails the test, as on simulated rigs without, tell is told, as on real ones, off compares nothing',
    )
    .option('--report <folder>', 'folder of the report')
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
  const { code } = await playwright(request, '', ['--list', '--reporter', 'list'], 'inherit');
  return code === 0 ? EXIT.pass : EXIT.usage;
}

async function runSuites(request: RunRequest, { report, json }: RunOptions): Promise<number> {
  const { rig, seed } = request;
  const lease = await takeLease(rig, {
    pid: process.pid,
    user: userName(),
    since: new Date().toISOString(),
    run: `h1-hil ${process.argv.slice(2).join(' ')}`,
  });
  try {
    // Opened once, so that what is missing is said in a sentence before anything is run.
    await (await openUsableRig(rig, seed)).board.close();
    const folder = makeRunFolder(report, rig.name, seed);
    const isJson = json === true;
    const end = await playwright(request, folder, [], isJson ? 'to stderr' : 'inherit');
    const summary = readSummary(folder);
    if (summary !== undefined && isWorthReporting(summary))
      return await finish(request, summary, folder, end, isJson);
    if (end.wasInterrupted) return EXIT.interrupted;
    throw new UsageError(
      `No test ${request.grep === undefined ? 'was found' : `matches ${request.grep}`}. h1-hil run --list shows what there is.`,
    );
  } finally {
    await lease.release();
  }
}

function playwright(
  request: RunRequest,
  folder: string,
  args: readonly string[],
  output: 'inherit' | 'to stderr',
): Promise<ChildEnd> {
  const { rig, suites, profiles, drivers, seed, grep, claim, judging, twin } = request;
  return runNode(
    [
      PLAYWRIGHT,
      'test',
      ...suites.map((name) => join(request.folder, name, '/')),
      ...(grep === undefined ? [] : ['--grep', grep]),
      '--pass-with-no-tests',
      ...args,
    ],
    {
      env: writeRunSettings({
        rig: rig.key,
        suites: request.folder,
        profiles: [...profiles],
        seed,
        folder,
        holder: process.pid,
        ...(claim !== undefined && { claim }),
        ...(judging !== undefined && { judging }),
        twin,
        ...(drivers.length > 0 && { drivers: [...drivers] }),
      }),
      stdio: output === 'inherit' ? 'inherit' : ['inherit', process.stderr, 'inherit'],
    },
  );
}

const isWorthReporting = ({ passed, failed, skipped, notRun }: RunSummary): boolean =>
  passed + failed + skipped + notRun > 0;

async function finish(
  { again }: RunRequest,
  ended: RunSummary,
  folder: string,
  { wasInterrupted }: ChildEnd,
  isJson: boolean,
): Promise<number> {
  const summary = { ...ended, ...(wasInterrupted && { verdict: 'interrupted' as const }) };
  const page = await buildHtmlReport(folder, summary);
  writeFileSync(
    join(folder, 'html', 'tables.html'),
    renderTables(`h1-hil: ${summary.verdict} on rig ${summary.rig}, seed ${summary.seed}`, summary.tables),
  );
  linkLatest(folder);
  if (isJson) process.stdout.write(`${JSON.stringify({ ...summary, again, report: page }, undefined, 2)}\n`);
  else printClosing(summary, page, again);
  return EXIT_OF_VERDICT[summary.verdict];
}
