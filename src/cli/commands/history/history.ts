import type { Command } from 'commander';
import { addHistoryAdd } from './add.ts';
import { addHistoryRigs } from './rigs.ts';
import { addHistoryRuns } from './runs.ts';
import { addHistoryTests } from './tests.ts';

/** `h1-hil history`: what was seen over time. */
export function addHistory(program: Command): void {
  const history = program.command('history').description('what all runs came to: runs, tests, rigs');
  addHistoryRuns(history);
  addHistoryTests(history);
  addHistoryRigs(history);
  addHistoryAdd(history);
}
