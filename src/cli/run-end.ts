import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildHtmlReport } from '../../reports/html-report.ts';
import { readJournal } from '../report/journal.ts';
import type { RunContext, RunSummary } from '../report/summary.ts';
import { summarize, writeSummary } from '../report/summary.ts';
import { renderTables } from '../report/tables.ts';
import { tallyOf } from '../report/tally.ts';
import type { ChildEnd } from './child.ts';
import { sayingOf } from './explain.ts';
import { Interrupts } from './interrupts.ts';
import { diskTrouble, reporterTroubles } from './reporters.ts';
import type { RunFolder } from './run-folder.ts';
import { linkLatest } from './run-folder.ts';

/** A run that ended, as it is known now. */
export interface EndedRun {
  readonly context: RunContext;
  readonly folder: RunFolder;
  readonly end: ChildEnd;
  readonly interrupts: Interrupts;
}

/** What a run leaves: its summary, which is on the disk unless `troubles` says otherwise, and the page when it was made. */
export interface Left {
  readonly summary: RunSummary;
  readonly page: string | undefined;
}

/**
 * Makes the report and then writes the summary, once. Whatever fails on the way is told in the summary and keeps the run
 * from being a pass; the summary is written in every case, with the room that was kept for it.
 */
export async function endRun({ context, folder, end, interrupts }: EndedRun): Promise<Left> {
  const journal = readJournal(folder.path);
  const tally = tallyOf(journal, context.profiles);
  const troubles = [diskTrouble(folder.path), limitTrouble(end)].filter((one) => one !== undefined);
  if (tally.planned.length > 0 && !end.wasInterrupted) troubles.push(...reporterTroubles(folder.path, tally));
  const summary = (): RunSummary =>
    summarize(context, journal, {
      code: end.code,
      wasInterrupted: interrupts.came,
      troubles,
      end: new Date().toISOString(),
    });
  // A run that was interrupted has a report all the same: only another signal ends its making.
  const impatience = new Interrupts();
  let page: string | undefined;
  try {
    page = await makePages(folder.path, summary(), impatience);
  } catch (failure) {
    troubles.push(
      `The report is not whole: ${sayingOf(failure)}`,
      ...told(diskTrouble(folder.path), troubles),
    );
  }
  impatience.stop();
  folder.spendReserve();
  return { summary: keepSummary(folder.path, summary()), page };
}

const limitTrouble = ({ wasOverTime }: ChildEnd): string | undefined =>
  wasOverTime ? 'The limit of the whole run was reached, and the runner was ended.' : undefined;

const told = (trouble: string | undefined, before: readonly string[]): string[] =>
  trouble === undefined || before.includes(trouble) ? [] : [trouble];

async function makePages(folder: string, summary: RunSummary, { signal }: Interrupts): Promise<string> {
  const page = await buildHtmlReport(folder, summary, signal);
  const { verdict, rig, seed, tables } = summary;
  const title = `h1-hil: ${verdict} on rig ${rig}, seed ${seed}`;
  writeFileSync(join(folder, 'html', 'tables.html'), renderTables(title, tables));
  linkLatest(folder);
  return page;
}

/** Writes the summary; when even that fails, a short one. What is printed is what the disk would have said. */
function keepSummary(folder: string, summary: RunSummary): RunSummary {
  try {
    writeSummary(folder, summary);
    return summary;
  } catch (failure) {
    const because = [...summary.because, `The summary could not be written: ${sayingOf(failure)}`];
    const honest: RunSummary = {
      ...summary,
      because,
      ...(summary.verdict === 'pass' && { verdict: 'no verdict' as const }),
    };
    try {
      writeSummary(folder, { ...honest, planned: [], tables: [] });
    } catch {
      // The terminal and the exit code say it.
    }
    return honest;
  }
}
