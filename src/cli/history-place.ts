import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import type { History, KnownFailures, RunRecord } from '../history/index.ts';
import { isServer, NOTHING_KNOWN, openHistory, readKnownFailures, recordOf } from '../history/index.ts';
import { readJournal } from '../report/journal.ts';
import { measuresOf } from '../report/measures.ts';
import type { RunContext, RunSummary } from '../report/summary.ts';
import { readSummary, summarize, SUMMARY_FILE } from '../report/summary.ts';
import { UsageError } from '../units/index.ts';
import { EXIT } from './exit-code.ts';
import { OWN_NAME } from './own-name.ts';
import { OUT } from './run-folder.ts';

/** The word for no history at all. */
const NONE = 'none';
/** The history of runs that were not given another. */
const USUAL = join(OUT, 'history.sqlite');
/** The file of known failures of those that name none. */
const KNOWN_FILE = 'known-failures.yaml';

/** Says where the history is. */
export const HISTORY_VARIABLE = 'H1_HIL_HISTORY';

/** The option that names the history, for every command that has one. */
export const historyOption = (): Option =>
  new Option(
    '--history <place>',
    'history: a SQLite file, or postgres://user@host/database; none for no history; reports/out/history.sqlite without',
  ).env(HISTORY_VARIABLE);

/** The option that names known failures and quarantine. */
export const knownOption = (): Option =>
  new Option(
    '--known <file>',
    `known failures and quarantine, as YAML; ${KNOWN_FILE} here, when it is there`,
  );

/** Where the history is; undefined when none is wanted. */
export function historyPlace(wanted: string | undefined): string | undefined {
  if (wanted === NONE) return undefined;
  if (wanted === undefined || wanted === '') return USUAL;
  return isServer(wanted) ? wanted : resolve(wanted);
}

/** Does something with the history, and closes it. @throws UsageError when none is wanted, or there is none */
export async function withHistory<T>(
  wanted: string | undefined,
  act: (history: History) => Promise<T>,
): Promise<T> {
  const place = historyPlace(wanted);
  if (place === undefined)
    throw new UsageError('This needs a history, and --history none was given: name a file or a server.');
  const history = await openHistory(place);
  try {
    return await act(history);
  } finally {
    await history.close();
  }
}

/** What is known of failures. @throws UsageError when the file is wrong, or a file that was named is missing */
export function knownFailures(file: string | undefined): KnownFailures {
  if (file === undefined && !existsSync(KNOWN_FILE)) return NOTHING_KNOWN;
  return readKnownFailures(file ?? KNOWN_FILE);
}

/** The record of a run that has left its report in a folder. */
export function recordIn(folder: string, summary: RunSummary, again: string): RunRecord {
  const [journal, measures] = [readJournal(folder), measuresOf(folder)];
  return recordOf({ summary, journal, measures, again, folder: resolve(folder) });
}

/** The record of a run that ended before its first test, since the rig was not good. */
export const recordWithoutTests = (context: RunContext, again: string, because: string): RunRecord => {
  const summary = summarize(context, [], {
    ...{ code: EXIT.lab, wasInterrupted: false, troubles: [because], rig: undefined },
    end: new Date().toISOString(),
  });
  const told = { ...summary, verdict: 'no verdict' as const, because: [because] };
  return recordOf({ summary: told, journal: [], measures: new Map(), again, folder: '' });
};

/** The record of the run whose report is in this folder. @throws UsageError when there is none */
export function recordOfReport(folder: string): RunRecord {
  const summary = readSummary(folder);
  if (summary === undefined || !Array.isArray(summary.planned) || typeof summary.id !== 'string')
    throw new UsageError(
      `There is no report of a run in ${folder}: a ${SUMMARY_FILE} is looked for, which h1-hil run writes at its end.`,
    );
  return recordIn(folder, summary, againOf(summary));
}

/** A report does not keep the command, but all that it is made of. */
function againOf({ rig, seed, profiles, selection }: RunSummary): string {
  const { suites, pattern, words } = selection;
  const grep = pattern === undefined ? [] : ['--grep', JSON.stringify(pattern)];
  return [
    OWN_NAME,
    'run',
    ...suites,
    '--rig',
    rig,
    '--profile',
    ...profiles,
    ...grep,
    ...words,
    '--seed',
    seed,
  ].join(' ');
}

/** The run that a word names: a folder with a report, or what `History.head` reads. */
export async function recordNamed(history: History, word: string): Promise<RunRecord> {
  return existsSync(join(word, SUMMARY_FILE))
    ? recordOfReport(word)
    : history.whole(await history.head(word));
}

/** The run that a run is compared with. @throws UsageError before anything runs when there is none */
export async function runBefore(place: string | undefined, word: string): Promise<RunRecord> {
  if (existsSync(join(word, SUMMARY_FILE))) return recordOfReport(word);
  return withHistory(place ?? NONE, (history) => recordNamed(history, word));
}

/** Writes a run to the history. @returns what went wrong, as a sentence: it changes no verdict */
export async function keepInHistory(
  place: string | undefined,
  record: RunRecord,
): Promise<string | undefined> {
  if (place === undefined) return undefined;
  try {
    const history = await openHistory(place, { mayMake: true });
    try {
      await history.save(record);
    } finally {
      await history.close();
    }
    return undefined;
  } catch (failure) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    return `The run is not in the history, and its verdict stands: ${reason} h1-hil history add FOLDER adds it later.`;
  }
}
