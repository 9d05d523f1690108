import type { Command } from 'commander';
import { openHistory } from '../../../history/index.ts';
import { UsageError } from '../../../units/index.ts';
import { historyOption, historyPlace, recordOfReport } from '../../history-place.ts';

interface AddOptions {
  readonly history?: string;
}

/** `h1-hil history add`: adds runs by their reports. */
export function addHistoryAdd(history: Command): void {
  history
    .command('add')
    .description('add runs by their reports, as those of another host; what is there already stays')
    .argument('<folder...>', 'folders with a report')
    .addOption(historyOption())
    .addHelpText(
      'after',
      `
Examples:
  h1-hil history add reports/out/latest
  h1-hil history add /mnt/other-host/reports/* --history postgres://lab@db/h1`,
    )
    .action(async (folders: readonly string[], options: AddOptions) => {
      const place = historyPlace(options.history);
      if (place === undefined)
        throw new UsageError('--history none has nothing to add to: name a file or a server.');
      const records = folders.map(recordOfReport);
      const opened = await openHistory(place, { mayMake: true });
      try {
        for (const record of records) {
          const isNew = await opened.save(record);
          process.stdout.write(
            `${record.run.slice(0, 8)}  ${isNew ? 'added' : 'was there'}: ${record.folder}\n`,
          );
        }
      } finally {
        await opened.close();
      }
    });
}
