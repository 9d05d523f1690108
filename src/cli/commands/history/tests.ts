import type { Command } from 'commander';
import type { TestTrend } from '../../../history/index.ts';
import { nightOf, showMoment } from '../../../history/index.ts';
import { rateInterval } from '../../../report/rates.ts';
import { printable } from '../../../units/index.ts';
import { positiveCount } from '../../count.ts';
import { historyOption, withHistory } from '../../history-place.ts';
import { printJson } from '../../print-json.ts';
import { showRows } from '../../show-rows.ts';

interface TestsOptions {
  readonly history?: string;
  readonly rig?: string;
  readonly suite?: string;
  readonly profile?: string;
  readonly title?: string;
  readonly nights?: string;
  readonly last: string;
  readonly json?: true;
}

const DAY_MS = 86_400_000;

/** `h1-hil history tests`: how each test went. */
export function addHistoryTests(history: Command): void {
  history
    .command('tests')
    .description('how each test went, those first that failed most')
    .addOption(historyOption())
    .option('-r, --rig <name>', 'only on this rig')
    .option('--suite <name>', 'only of this suite')
    .option('-p, --profile <name>', 'only with this driver')
    .option('--title <text>', 'only those with this in their title')
    .option('--nights <count>', 'only of so many nights')
    .option('--last <count>', 'so many tests', '30')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
The rate is that of failures among passes and failures, with its exact interval at 95 %.

Examples:
  h1-hil history tests
  h1-hil history tests --suite sleep-wake --nights 7
  h1-hil history tests --title "wake pulse" --json`,
    )
    .action(async ({ history: place, nights, last, json, ...filter }: TestsOptions) => {
      const from = nights === undefined ? undefined : firstNight(positiveCount(nights));
      const tests = await withHistory(place, (opened) => opened.tests({ ...filter, from }));
      if (json === true) {
        printJson(tests);
        return;
      }
      const shown = tests.slice(0, positiveCount(last));
      const names = ['failed', 'passed', 'rate', 'no verdict', 'skipped', 'last failed', 'test'];
      process.stdout.write(showRows(names, shown.map(rowOf)));
      if (shown.length < tests.length)
        process.stdout.write(`and ${tests.length - shown.length} more: --last\n`);
    });
}

const firstNight = (nights: number): string => nightOf(new Date().getTime() - (nights - 1) * DAY_MS);

function rowOf(test: TestTrend): string[] {
  const { failed, passed, withoutVerdict, skipped, notRun, lastFailed, suite, profile, title } = test;
  return [
    ...[String(failed), String(passed), rateOf(failed, failed + passed), String(withoutVerdict)],
    ...[String(skipped + notRun), lastFailed === null ? '-' : showMoment(lastFailed)],
    printable(`${suite} · ${profile} · ${title}`),
  ];
}

function rateOf(failed: number, of: number): string {
  if (of === 0 || failed === 0) return '-';
  const { from, to } = rateInterval(failed, of, 0.95);
  const percent = (share: number): string => (100 * share).toPrecision(2);
  return `${percent(failed / of)} % (${percent(from)} to ${percent(to)})`;
}
