import type { Command } from 'commander';
import { compareRuns, USUAL_BOUNDS } from '../../history/index.ts';
import { UsageError } from '../../units/index.ts';
import { historyOption, historyPlace, recordNamed, recordOfReport, withHistory } from '../history-place.ts';
import { printJson } from '../print-json.ts';
import { exitOf, showComparison } from '../show-comparison.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SUMMARY_FILE } from '../../report/summary.ts';
import type { RunRecord } from '../../history/index.ts';

interface CompareOptions {
  readonly history?: string;
  readonly change?: string;
  readonly json?: true;
}

const EXAMPLES = `
A and B are runs: the beginning of an id, latest, latest~1 for the one before, or a folder with a report.
Only what changed is told: verdicts, cells of tables, margins and times. A time counts as changed when it differs by
--change at least, and chance explains that in less than 1 of 100 comparisons (Wilcoxon's signed ranks over the tests
that both runs have; all names together by Holm's rule).

Examples:
  h1-hil compare latest~1 latest
  h1-hil compare 1085c913 latest --json
  h1-hil compare /tmp/before /tmp/after

Exit codes: 0 no regression, 1 something got worse, 2 usage, 3 the history cannot be read, 4 something that A had shown
B does not show.`;

/** `h1-hil compare`: what of one run is not as it was in another. */
export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('compare two runs: verdicts, tables, margins, times; only what changed')
    .argument('<a>', 'the run before')
    .argument('<b>', 'the run after')
    .addOption(historyOption())
    .option(
      '--change <share>',
      'smallest change of a time that counts, such as 0.1',
      String(USUAL_BOUNDS.change),
    )
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (a: string, b: string, options: CompareOptions) => {
      process.exitCode = await compareNamed(a, b, options);
    });
}

async function compareNamed(
  a: string,
  b: string,
  { history, change, json }: CompareOptions,
): Promise<number> {
  const bounds = { ...USUAL_BOUNDS, change: checkedShare(change ?? String(USUAL_BOUNDS.change)) };
  const [before, after] = await recordsOf(a, b, history);
  const comparison = compareRuns(before, after, bounds);
  if (json === true) printJson(comparison);
  else process.stdout.write(showComparison(comparison));
  return exitOf(comparison);
}

/** Two folders need no history. */
async function recordsOf(
  a: string,
  b: string,
  wanted: string | undefined,
): Promise<readonly [RunRecord, RunRecord]> {
  const isReport = (word: string): boolean => existsSync(join(word, SUMMARY_FILE));
  if (isReport(a) && isReport(b)) return [recordOfReport(a), recordOfReport(b)];
  if (historyPlace(wanted) === undefined)
    throw new UsageError('Without a history both runs have to be folders with a report.');
  return withHistory(wanted, async (history) => [
    await recordNamed(history, a),
    await recordNamed(history, b),
  ]);
}

/** @throws UsageError */
function checkedShare(text: string): number {
  const share = Number(text);
  if (/^\d*\.?\d+$/.test(text) && share >= 0 && share <= 100) return share;
  throw new UsageError(`--change takes a share such as 0.05 for 5 %, and "${text}" is none.`);
}
