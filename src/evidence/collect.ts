import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../history/index.ts';
import { recordOf } from '../history/index.ts';
import type { JournalEntry } from '../report/journal.ts';
import { readJournal } from '../report/journal.ts';
import { measuresOf } from '../report/measures.ts';
import type { RunSummary } from '../report/summary.ts';
import type { Given, Run } from './verify/model.ts';
import { runOf } from './verify/run.ts';

/** A run as the lab knows it, beside what its files say. */
export interface Known {
  readonly isReal: boolean;
  /** SHA-256 of the rig file as it is now. */
  readonly rigHash: string;
  /** Tests that its suites have, by titles from the driver down. */
  readonly tests: readonly string[];
}

/** A run as evidence, and as the history has it. */
export interface Collected {
  readonly run: Run;
  readonly record: RunRecord;
  readonly journal: readonly JournalEntry[];
  /** Content of its files, by their names in the run's folder. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Makes evidence of the folder of a run. */
export function collectRun(folder: string, summary: RunSummary, known: Known): Collected {
  const journal = readJournal(folder);
  const record = recordOf({ summary, journal, measures: measuresOf(folder), again: '', folder });
  const files = new Map<string, Buffer>([
    ['summary.json', Buffer.from(`${JSON.stringify(summary, undefined, 2)}\n`)],
    ['journal.jsonl', contentOf(join(folder, 'journal.jsonl'))],
    ['measures.jsonl', contentOf(join(folder, 'measures.jsonl'))],
    ['rig.yaml', Buffer.from(summary.selection.rigText)],
  ]);
  const given: Given = { isReal: known.isReal, objections: objectionsOf(summary, known), before: null };
  return { run: runOf((name) => files.get(name)!.toString('utf8'), given), record, journal, files };
}

function objectionsOf({ planned, selection }: RunSummary, { tests, rigHash }: Known): string[] {
  const ran = new Set(planned.map(({ path }) => keyOf(path)));
  const missing = tests.filter((test) => !ran.has(test));
  return [
    ...(missing.length === 0 ? [] : [`${missing.length} tests are not in the run, such as ${missing[0]}`]),
    ...(selection.rigHash === rigHash ? [] : ['the rig file is another one now']),
  ];
}

/** A test's path without repetition and without the empty title at the front. */
const keyOf = (path: string): string => path.replace(/ \(repetition \d+\)$/, '').replace(/^ › /, '');

/** A run that measured nothing has no file of measures. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
