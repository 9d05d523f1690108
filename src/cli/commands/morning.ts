import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { morningMarkdown } from '../../../reports/morning/markdown.ts';
import { renderMorning } from '../../../reports/morning/page.ts';
import type { History, Morning } from '../../history/index.ts';
import { isNight, morningOf, nightOf } from '../../history/index.ts';
import { LabFailure, UsageError } from '../../units/index.ts';
import { positiveCount } from '../count.ts';
import { EXIT, EXIT_OF_VERDICT } from '../exit-code.ts';
import { historyOption, knownFailures, knownOption, withHistory } from '../history-place.ts';
import { printJson } from '../print-json.ts';
import { OUT } from '../run-folder.ts';

/** The options of `h1-hil morning` as they were typed. */
export interface MorningOptions {
  readonly history?: string;
  readonly known?: string;
  readonly night?: string;
  readonly nights: string;
  readonly report?: string;
  readonly summary?: string;
  readonly notify?: string;
  readonly json?: true;
}

const EXAMPLES = `
A night is from noon to noon, on the clock of the host of each run, and has the date of its morning. The page is
index.html in the folder, and morning.md beside it the same for a chat or a pull request.

Known failures and quarantine are a file:
  quarantine:
    - suite: sleep-wake
      test: the chip sleeps after 20 s
      owner: anna
      reason: the bench loses the edge, see ticket 12
      until: 2026-12-24
What is quarantined is run and told all the same, and does not decide the night. An end that has passed does.

Examples:
  h1-hil morning
  h1-hil morning --night 2026-11-30 --report /var/www/h1
  h1-hil morning --known lab/known-failures.yaml --summary "$GITHUB_STEP_SUMMARY"
  h1-hil morning --notify 'mail -s "h1: $H1_HIL_VERDICT" lab@example.org'

Exit codes: 0 pass, 1 firmware or driver failure, 2 usage, 3 lab failure (no verdict), 4 inconclusive.`;

/** `h1-hil morning`: one page about a night. */
export function addMorning(program: Command): void {
  program
    .command('morning')
    .description('one page about the night: what is new, known, fixed, flaky, quarantined, not run')
    .addOption(historyOption())
    .addOption(knownOption())
    .option('--night <date>', 'the date of its morning, such as 2026-11-30; the last one without')
    .option('--nights <count>', 'nights that count for what is known', '30')
    .option('--report <folder>', 'folder of the page; reports/out/morning without')
    .option('--summary <file>', 'add the Markdown to this file as well')
    .option('--notify <command>', 'run this command afterwards, with the Markdown as its input')
    .option('--json', 'print all that the page is made of as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: MorningOptions) => {
      process.exitCode = await makeMorning(options);
    });
}

/**
 * Makes the page of a night, and tells who is to be told.
 * @param more - Markdown that stands at its end
 * @returns the exit code of the night
 */
export async function makeMorning(options: MorningOptions, more = ''): Promise<number> {
  const known = knownFailures(options.known);
  const nights = Math.min(positiveCount(options.nights), MAX_NIGHTS);
  const asked = checkedNight(options.night);
  const facts = await withHistory(options.history, async (history) =>
    history.night({ night: asked ?? (await lastNight(history)), nights }),
  );
  const morning = morningOf(facts, known);
  const markdown = morningMarkdown(morning) + more;
  const page = writePages(morning, markdown, options);
  if (options.json === true) printJson({ ...morning, page });
  else process.stdout.write(`${markdown}\nPage     ${page}\n`);
  if (options.notify !== undefined) await notify(options.notify, { morning, markdown, page });
  return EXIT_OF_VERDICT[morning.verdict];
}

const MAX_NIGHTS = 366;

/** @throws UsageError */
function checkedNight(night: string | undefined): string | undefined {
  if (night === undefined || isNight(night)) return night;
  throw new UsageError(`--night takes a date such as 2026-11-30, and "${night}" is none.`);
}

const HALF_DAY_MS = 43_200_000;

/** The night that is under way, when it has runs; after noon the one before otherwise. */
async function lastNight(history: History): Promise<string> {
  const now = nightOf(new Date().getTime());
  const runs = await history.runs({ from: now, to: now, most: 1 });
  return runs.length > 0 ? now : nightOf(new Date().getTime() - HALF_DAY_MS);
}

/** @returns the page. @throws UsageError when the folder cannot be written to */
function writePages(morning: Morning, markdown: string, { report, summary }: MorningOptions): string {
  const folder = resolve(report ?? join(OUT, 'morning'));
  const page = join(folder, 'index.html');
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(page, renderMorning(morning));
    writeFileSync(join(folder, 'morning.md'), markdown);
    if (summary !== undefined) appendFileSync(summary, markdown);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(
      `The morning page cannot be written: ${reason}. Name another folder: --report FOLDER.`,
      { cause },
    );
  }
  return page;
}

/** The command of --notify did not do what it was for. */
class NotifyFailed extends LabFailure {
  readonly blames = 'lab service';
}

/** Maximum time for the command, in milliseconds. */
const NOTIFY_MS = 60_000;

interface Told {
  readonly morning: Morning;
  readonly markdown: string;
  readonly page: string;
}

/** Runs the command. It changes no verdict: what goes wrong is told, and of a pass it makes a failure of the lab. */
async function notify(command: string, { morning, markdown, page }: Told): Promise<void> {
  const env = {
    ...process.env,
    ...{ H1_HIL_VERDICT: morning.verdict, H1_HIL_NIGHT: morning.night, H1_HIL_PAGE: page },
  };
  const reason = await new Promise<string | undefined>((done) => {
    const child = spawn('/bin/sh', ['-c', command], {
      env,
      stdio: ['pipe', 'inherit', 'inherit'],
      timeout: NOTIFY_MS,
    });
    child.once('error', (error) => {
      done(error.message);
    });
    child.once('close', (code, signal) => {
      done(
        code === 0
          ? undefined
          : signal === null
            ? `it ended with code ${code}`
            : `it was ended after ${NOTIFY_MS / 1000} s`,
      );
    });
    // A command that reads nothing has closed its input.
    child.stdin.on('error', () => undefined).end(markdown);
  });
  if (reason === undefined) return;
  const failure = new NotifyFailed(
    `The command of --notify failed: ${reason}. The page is made, and the verdict is ${morning.verdict}.`,
  );
  if (EXIT_OF_VERDICT[morning.verdict] === EXIT.pass) throw failure;
  process.stderr.write(`h1-hil: ${failure.message}\n`);
}
