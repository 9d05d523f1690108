import { randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { buildHtmlReport } from '../../reports/html-report.ts';
import type { RunSummary } from '../../reports/summary.ts';
import { readSummary } from '../../reports/summary.ts';
import { showSeconds, Terminal } from '../../reports/terminal.ts';
import { loadRig, takeLease, writeRunSettings } from '../rig/index.ts';
import { PROFILES } from '../tis/index.ts';
import { UsageError } from '../units/index.ts';
import { runNode } from './child.ts';
import { EXIT, EXIT_OF_VERDICT } from './exit-code.ts';
import { ROOT } from './root.ts';

interface RunOptions {
  readonly rig: string;
  readonly profile?: readonly string[];
  readonly seed?: string;
  readonly grep?: string;
  readonly report?: string;
  readonly json?: true;
  readonly list?: true;
}

/** `h1-hil run`: the suites on one rig. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description('run suites on a rig and write the report')
    .argument('[suite...]', 'folders of suites/, all of them without')
    .option('-r, --rig <name>', 'rig of rigs/, or path to a rig file', 'sim')
    .option('-p, --profile <name...>', 'driver profiles, all of them without')
    .option('-s, --seed <number>', 'seed of the run, 0 to 4294967295; one is chosen without')
    .option('-g, --grep <text>', 'only tests whose title matches this regular expression')
    .option('--report <folder>', 'folder of the report')
    .option('--list', 'list the tests and run none')
    .option('--json', 'print the summary as JSON; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil run                                      every suite on the simulated board
  h1-hil run sleep-wake irq-fallback -p linux-6.1   two suites, one driver profile
  h1-hil run --rig raspberry-pi --grep "wake pulse"
  h1-hil run --seed 1234 --json > summary.json

Exit codes: 0 pass, 1 chip or driver failure, 2 usage, 3 lab failure (no verdict), 130 interrupted.`,
    )
    .action(async (suites: readonly string[], options: RunOptions) => {
      process.exitCode = await runSuites(suites, options);
    });
}

async function runSuites(suites: readonly string[], options: RunOptions): Promise<number> {
  const rig = loadRig(options.rig);
  const profiles = checkedProfiles(options.profile);
  const seed = options.seed === undefined ? chooseSeed() : checkedSeed(options.seed);
  const folders = checkedSuites(suites);
  const folder = options.report === undefined ? newFolder(rig.name, seed) : resolve(options.report);
  mkdirSync(folder, { recursive: true });
  const lease = await takeLease(rig.name, {
    pid: process.pid,
    user: userInfo().username,
    since: new Date().toISOString(),
    run: `h1-hil ${process.argv.slice(2).join(' ')}`,
  });
  const settings = { rig: options.rig, profiles, seed, folder, holder: process.pid };
  try {
    const end = await runNode(
      [
        join(dirname(createRequire(import.meta.url).resolve('@playwright/test/package.json')), 'cli.js'),
        'test',
        ...folders,
        ...(options.grep === undefined ? [] : ['--grep', options.grep]),
        ...(options.list === undefined ? [] : ['--list', '--reporter', 'list']),
      ],
      {
        env: writeRunSettings(settings),
        stdio: options.json === undefined ? 'inherit' : ['inherit', process.stderr, 'inherit'],
      },
    );
    if (options.list !== undefined) return end.code === 0 ? EXIT.pass : EXIT.usage;
    const summary = readSummary(folder);
    if (summary === undefined || summary.passed + summary.failed + summary.skipped + summary.notRun === 0)
      return noTests(options, end.wasInterrupted);
    return await finish(summary, folder, options.json === true, end.wasInterrupted);
  } finally {
    await lease.release();
  }
}

async function finish(
  summary: RunSummary,
  folder: string,
  isJson: boolean,
  wasInterrupted: boolean,
): Promise<number> {
  const verdict = wasInterrupted ? 'interrupted' : summary.verdict;
  const page = await buildHtmlReport(folder, { ...summary, verdict });
  linkLatest(folder);
  if (isJson)
    process.stdout.write(`${JSON.stringify({ ...summary, verdict, report: page }, undefined, 2)}\n`);
  else printClosing({ ...summary, verdict }, page);
  return EXIT_OF_VERDICT[verdict];
}

/** The last lines of a run. */
function printClosing(summary: RunSummary, page: string): void {
  const terminal = new Terminal(process.stdout);
  const { verdict, passed, failed, skipped, notRun, skips, digest, rig, chip, seed, durationMs } = summary;
  terminal.line();
  for (const [reason, count] of Object.entries(skips)) terminal.line(`Skipped  ${count}: ${reason}`);
  terminal.line(`Rig      ${rig}${chip === '' ? '' : ` (${chip})`}`);
  terminal.line(`Digest   ${digest}`);
  terminal.line(`Again    h1-hil run --rig ${rig} --seed ${seed}`);
  terminal.line(`Time     ${showSeconds(durationMs)}`);
  terminal.line(`Report   ${relative(process.cwd(), page) || page}`);
  const paint = verdict === 'pass' ? terminal.good : terminal.bad;
  terminal.line(`Verdict  ${paint(verdict)}${notRun > 0 ? `, ${notRun} not run` : ''}`);
  terminal.line(`${passed} passed, ${failed} failed, ${skipped} skipped`);
}

function noTests({ grep }: RunOptions, wasInterrupted: boolean): number {
  if (wasInterrupted) return EXIT.interrupted;
  throw new UsageError(
    grep === undefined
      ? 'No test was found. h1-hil run --list shows what there is.'
      : `No test matches ${grep}. h1-hil run --list shows what there is.`,
  );
}

function checkedProfiles(wanted: readonly string[] | undefined): string[] {
  const known = [...PROFILES.keys()];
  for (const name of wanted ?? [])
    if (!PROFILES.has(name))
      throw new UsageError(`There is no profile ${name}. Known profiles: ${known.join(', ')}.`);
  return wanted === undefined ? known : [...wanted];
}

function checkedSuites(wanted: readonly string[]): string[] {
  const known = knownSuites();
  return wanted.map((name) => {
    const plain = basename(name.replace(/\/$/, ''));
    if (!known.includes(plain))
      throw new UsageError(`There is no suite ${name}. Known suites: ${known.join(', ')}.`);
    return `suites/${plain}/`;
  });
}

const MOST_SEED = 0xffffffff;

function checkedSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > MOST_SEED)
    throw new UsageError(`A seed is a whole number from 0 to ${MOST_SEED}, and "${text}" is none.`);
  return seed;
}

/** A seed nobody thought of; it is printed, so that the run can be repeated. */
const chooseSeed = (): number => randomInt(MOST_SEED + 1);

function newFolder(rig: string, seed: number): string {
  const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
  return join(ROOT, 'reports', 'out', `${stamp}-${rig}-${seed}`);
}

/** `reports/out/latest` leads to the newest run. */
function linkLatest(folder: string): void {
  const out = join(ROOT, 'reports', 'out');
  if (dirname(folder) !== out) return;
  const link = join(out, 'latest');
  rmSync(link, { force: true });
  symlinkSync(basename(folder), link);
}

const knownSuites = (): string[] =>
  readdirSync(join(ROOT, 'suites'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
