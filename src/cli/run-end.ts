import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildHtmlReport } from '../../reports/html-report.ts';
import { collectRun, renderRequirements } from '../evidence/index.ts';
import type { JournalEntry } from '../report/journal.ts';
import { readJournal } from '../report/journal.ts';
import type { Abilities } from '../report/skip.ts';
import type { RunContext, RunSummary } from '../report/summary.ts';
import { summarize, writeSummary } from '../report/summary.ts';
import { openSoaks } from '../report/soaks.ts';
import { measureTables } from '../report/measures.ts';
import { renderTables } from '../report/tables.ts';
import { tallyOf } from '../report/tally.ts';
import type { Lease } from '../rig/index.ts';
import type { ChildEnd } from './child.ts';
import { sayingOf } from './explain.ts';
import { Interrupts } from './interrupts.ts';
import { diskTrouble, noSpace, reporterTroubles } from './reporters.ts';
import { RULE_SOURCES } from './rule-sources.ts';
import { hashOf } from './run-context.ts';
import type { RunFolder } from './run-folder.ts';
import { linkLatest } from './run-folder.ts';

/** A run that has ended, and what is known of it. */
export interface EndedRun {
  readonly context: RunContext;
  readonly abilities: Abilities;
  readonly lease: Pick<Lease, 'isInPlace'>;
  readonly folder: RunFolder;
  readonly end: ChildEnd;
  readonly interrupts: Interrupts;
}

/** What a run leaves: its summary, its report, and what went wrong with them. */
export interface Left {
  readonly summary: RunSummary;
  readonly page: string | undefined;
  /** What went wrong after the summary was written, each as a sentence. */
  readonly late: readonly string[];
}

/**
 * Judges a run that has ended, and makes its report. A verdict other than pass is written and told before the report
 * is made, since a report cannot change it. A pass is written only after the report is made, and problems with the
 * report are told in the summary. The summary is written once, in the space on the disk that was reserved for it.
 */
export async function endRun(
  run: EndedRun,
  tell: (summary: RunSummary, page: string | undefined) => void,
): Promise<Left> {
  const { folder, end } = run;
  const troubles = troublesOf(run);
  const tally = tallyOf(readJournal(folder.path), run.context.profiles);
  if (tally.planned.length > 0 && !end.wasInterrupted) troubles.push(...reporterTroubles(folder.path, tally));
  const early = summaryOf(run, troubles);
  if (early.verdict !== 'pass') {
    const summary = keep(folder, early);
    tell(summary, undefined);
    const { page, troubles: late } = await makeReport(folder.path, summary);
    return { summary, page, late };
  }
  const { page, troubles: more } = await makeReport(folder.path, early);
  const summary = keep(folder, summaryOf(run, [...troubles, ...more]));
  tell(summary, page);
  return { summary, page, late: [] };
}

/** What went wrong beside the tests, as far as it shows before the report is made. */
const troublesOf = ({ context, lease, folder, end, interrupts }: EndedRun): string[] =>
  [
    diskTrouble(folder.path),
    limitTrouble(end),
    interrupts.cause?.message,
    rigTrouble(context),
    lockTrouble('rig', lease),
    lockTrouble('folder', folder),
    journalTrouble(readJournal(folder.path), context),
  ].filter((one) => one !== undefined);

const lockTrouble = (what: string, lock: Pick<Lease, 'isInPlace'>): string | undefined =>
  lock.isInPlace()
    ? undefined
    : `The lock of the ${what} was removed or replaced during the run: another run may have had it as well.`;

function journalTrouble(journal: readonly JournalEntry[], { id }: RunContext): string | undefined {
  const plan = journal.find((entry) => entry.kind === 'plan');
  return plan === undefined || plan.run === id
    ? undefined
    : 'The journal is that of another run, which has taken the folder.';
}

function summaryOf(
  { context, abilities, folder, end, interrupts }: EndedRun,
  troubles: string[],
): RunSummary {
  return summarize(context, readJournal(folder.path), {
    code: end.code,
    wasInterrupted: interrupts.came && interrupts.cause === undefined,
    troubles,
    openSoaks: openSoaks(folder.path),
    rig: abilities,
    end: new Date().toISOString(),
  });
}

function keep(folder: RunFolder, summary: RunSummary): RunSummary {
  folder.spendReserve();
  return keepSummary(folder.path, summary);
}

/**
 * Makes the report, or says why there is none. An interrupted run has a report too: only a further signal stops its
 * making.
 */
async function makeReport(
  folder: string,
  summary: RunSummary,
): Promise<{ readonly page: string | undefined; readonly troubles: readonly string[] }> {
  const impatience = new Interrupts();
  try {
    return { page: await makePages(folder, summary, impatience), troubles: [] };
  } catch (failure) {
    // The step that failed may have removed its files, so the disk may have space again.
    const full = diskTrouble(folder) ?? (/ENOSPC/.test(String(failure)) ? noSpace(folder) : undefined);
    return {
      page: undefined,
      troubles: [`The report is not whole: ${sayingOf(failure)}`, ...(full === undefined ? [] : [full])],
    };
  } finally {
    impatience.stop();
  }
}

const limitTrouble = ({ wasOverTime }: ChildEnd): string | undefined =>
  wasOverTime ? 'The limit of the whole run was reached, and the runner was ended.' : undefined;

/** Each worker reads the rig file, and the summary tells one content of it. */
function rigTrouble({ selection: { rigFile, rigHash } }: RunContext): string | undefined {
  try {
    if (hashOf(readFileSync(rigFile, 'utf8')) === rigHash) return undefined;
  } catch {
    // A file that is gone has changed as well.
  }
  return `The rig file ${rigFile} was changed during the run: its tests may have had different rigs. Run again.`;
}

async function makePages(folder: string, summary: RunSummary, { signal }: Interrupts): Promise<string> {
  const page = await buildHtmlReport(folder, summary, signal);
  const { verdict, rig, seed, tables } = summary;
  const title = `h1-hil: ${verdict} on rig ${rig}, seed ${seed}`;
  writeFileSync(
    join(folder, 'html', 'tables.html'),
    renderTables(title, [...tables, ...measureTables(folder)]),
  );
  writeFileSync(
    join(folder, 'html', 'requirements.html'),
    requirementsOf(folder, summary, `Requirements: rig ${rig}, seed ${seed}`),
  );
  linkLatest(folder);
  return page;
}

/** The page of the run's requirements. Whether its board is real says the qualification. */
function requirementsOf(folder: string, summary: RunSummary, title: string): string {
  const known = { isReal: false, rigHash: summary.selection.rigHash, tests: [] };
  const { run } = collectRun(folder, summary, known);
  return renderRequirements(title, run, RULE_SOURCES);
}

/** Writes the summary, or a short one when that fails. What is printed is the same as what was to be written. */
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
      // The terminal and the exit code still tell it.
    }
    return honest;
  }
}
