import type { Command } from 'commander';
import { printable } from '../../../units/index.ts';
import { printJson } from '../../print-json.ts';
import { reportFolders } from '../../report-folders.ts';
import { OUT } from '../../run-folder.ts';
import { showRows } from '../../show-rows.ts';

/** `h1-hil reports list`: the folders that runs have left. */
export function addReportsList(reports: Command): void {
  reports
    .command('list', { isDefault: true })
    .description('the reports in reports/out, the newest first')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  h1-hil reports list
  h1-hil reports list --json`,
    )
    .action(({ json }: { readonly json?: true }) => {
      const folders = reportFolders(OUT);
      if (json === true) {
        printJson(folders);
        return;
      }
      const rows = folders.map(({ name, bytes, summary }) => [
        ...[name, `${(bytes / 1e6).toFixed(1)} MB`, summary?.verdict ?? 'without summary'],
        printable(summary?.rig ?? '-'),
      ]);
      const all = folders.reduce((sum, { bytes }) => sum + bytes, 0);
      process.stdout.write(showRows(['report', 'size', 'verdict', 'rig'], rows));
      process.stdout.write(`${folders.length} reports, ${(all / 1e6).toFixed(1)} MB\n`);
    });
}
