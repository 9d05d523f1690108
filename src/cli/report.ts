import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildHtmlReport } from '../../reports/html-report.ts';
import type { RunSummary } from '../report/summary.ts';
import { renderTables } from '../report/tables.ts';

/** Writes the pages of a run into its folder, from the results that lie there. @returns the report's first page */
export async function writeReport(folder: string, summary: RunSummary): Promise<string> {
  const page = await buildHtmlReport(folder, summary);
  writeFileSync(
    join(folder, 'html', 'tables.html'),
    renderTables(`h1-hil: ${summary.verdict} on rig ${summary.rig}, seed ${summary.seed}`, summary.tables),
  );
  return page;
}
