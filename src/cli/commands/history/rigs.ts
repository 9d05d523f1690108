import type { Command } from 'commander';
import { showMoment } from '../../../history/index.ts';
import { printable } from '../../../units/index.ts';
import { historyOption, withHistory } from '../../history-place.ts';
import { printJson } from '../../print-json.ts';
import { showRows } from '../../show-rows.ts';

interface RigsOptions {
  readonly history?: string;
  readonly json?: true;
}

/** `h1-hil history rigs`: how each rig did. */
export function addHistoryRigs(history: Command): void {
  history
    .command('rigs')
    .description('how each rig did: its verdicts, its last run, its chip')
    .addOption(historyOption())
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil history rigs
  h1-hil history rigs --json`,
    )
    .action(async ({ history: place, json }: RigsOptions) => {
      const rigs = await withHistory(place, (opened) => opened.rigs({}));
      if (json === true) {
        printJson(rigs);
        return;
      }
      const rows = rigs.map(({ rig, host, runs, passed, failed, withoutVerdict, last, chip }) => [
        ...[printable(rig), host, String(runs), String(passed), String(failed), String(withoutVerdict)],
        ...[showMoment(last), printable(chip)],
      ]);
      const names = ['rig', 'host', 'runs', 'pass', 'fail', 'no verdict', 'last run', 'chip'];
      process.stdout.write(showRows(names, rows));
    });
}
