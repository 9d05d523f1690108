import type { Command } from 'commander';
import { showMoment } from '../../../history/index.ts';
import { printable } from '../../../units/index.ts';
import { positiveCount } from '../../count.ts';
import { historyOption, withHistory } from '../../history-place.ts';
import { printJson } from '../../print-json.ts';
import { showRows } from '../../show-rows.ts';

interface RunsOptions {
  readonly history?: string;
  readonly rig?: string;
  readonly last: string;
  readonly json?: true;
}

/** `h1-hil history runs`: the newest runs. */
export function addHistoryRuns(history: Command): void {
  history
    .command('runs', { isDefault: true })
    .description('the newest runs')
    .addOption(historyOption())
    .option('-r, --rig <name>', 'only of this rig')
    .option('--last <count>', 'so many', '20')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil history runs
  h1-hil history runs --rig sim --last 5 --json`,
    )
    .action(async ({ history: place, rig, last, json }: RunsOptions) => {
      const most = positiveCount(last);
      const runs = await withHistory(place, (opened) => opened.runs({ rig, most }));
      if (json === true) {
        printJson(runs);
        return;
      }
      const rows = runs.map((run) => [
        run.run.slice(0, 8),
        showMoment(run.started),
        run.verdict,
        `${run.passed} passed, ${run.failed} failed, ${run.skipped} skipped${run.notRun > 0 ? `, ${run.notRun} not run` : ''}`,
        printable(run.rig),
        `seed ${run.seed}`,
        run.commit,
      ]);
      process.stdout.write(showRows(['run', 'began', 'verdict', 'tests', 'rig', 'seed', 'commit'], rows));
    });
}
