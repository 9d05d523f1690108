import type { Command } from 'commander';
import { UsageError } from '../../../units/index.ts';
import { positiveCount } from '../../count.ts';
import type { ReportFolder } from '../../report-folders.ts';
import { removeReport, reportFolders } from '../../report-folders.ts';
import { OUT } from '../../run-folder.ts';

interface PruneOptions {
  readonly keep: string;
  readonly dryRun?: true;
}

const DAY_MS = 86_400_000;

/** `h1-hil reports prune`: removes old reports. */
export function addReportsPrune(reports: Command): void {
  reports
    .command('prune')
    .description('remove old reports of reports/out; the history keeps what they came to')
    .requiredOption(
      '--keep <count or days>',
      'keep the newest so many, such as 50, or those of so many days: 30d',
    )
    .option('--dry-run', 'tell what would go, and remove nothing')
    .addHelpText(
      'after',
      `
Folders that runs named by themselves are removed; what was written with --report stays, and so does the folder of a
run that is under way.

Examples:
  h1-hil reports prune --keep 50
  h1-hil reports prune --keep 30d --dry-run`,
    )
    .action(async ({ keep, dryRun }: PruneOptions) => {
      const old = oldOnes(reportFolders(OUT), keep);
      let freed = 0;
      for (const folder of old) {
        const isGone = dryRun === true || (await removeReport(folder));
        if (isGone) freed += folder.bytes;
        const word = !isGone ? 'in use' : dryRun === true ? 'would go' : 'removed';
        process.stdout.write(`${word.padEnd(9)} ${folder.name}\n`);
      }
      process.stdout.write(`${(freed / 1e6).toFixed(1)} MB ${dryRun === true ? 'would be' : 'are'} free\n`);
    });
}

/** @throws UsageError */
function oldOnes(folders: readonly ReportFolder[], keep: string): readonly ReportFolder[] {
  const [, days] = /^(\d{1,5})d$/.exec(keep) ?? [];
  if (days !== undefined) {
    const from = new Date(new Date().getTime() - Number(days) * DAY_MS)
      .toISOString()
      .slice(0, 19)
      .replace(/[:T]/g, '-');
    return folders.filter(({ name }) => name.slice(0, from.length) < from);
  }
  if (!/^\d+$/.test(keep))
    throw new UsageError(
      `--keep takes a number of reports such as 50, or of days such as 30d, and "${keep}" is neither.`,
    );
  return folders.slice(keep === '0' ? 0 : positiveCount(keep));
}
