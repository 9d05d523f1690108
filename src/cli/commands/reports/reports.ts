import type { Command } from 'commander';
import { addReportsList } from './list.ts';
import { addReportsPrune } from './prune.ts';

/** `h1-hil reports`: the folders that runs have left. */
export function addReports(program: Command): void {
  const reports = program.command('reports').description('folders of reports: list them, remove old ones');
  addReportsList(reports);
  addReportsPrune(reports);
}
