import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attribution, Breach, FailureClass } from './attribution.ts';
import type { SkippedFor } from './skip.ts';
import type { Cell } from './tables.ts';
import type { TwinTally } from './twin-table.ts';

/** A test that the runner found and means to run. */
export interface PlannedTest {
  readonly suite: string;
  readonly profile: string;
  readonly title: string;
  /** Its titles from the project down. They identify the test. */
  readonly path: string;
  /** Clauses that it cites. */
  readonly sources?: readonly string[] | undefined;
}

/** How a test ended. `not run` is one that never began, or that an interrupt kept from its end. */
export type Outcome = 'passed' | 'failed' | 'skipped' | 'not run';

/** What the runner told of one test. */
export interface TestEnd {
  readonly outcome: Outcome;
  readonly ms: number;
  /** SHA-256 over the frames; undefined when the test touched no board. */
  readonly digest?: string | undefined;
  readonly chip?: string | undefined;
  /** What the times of a guest in virtual time depend on; undefined without such a guest. */
  readonly guest?: string | undefined;
  readonly cells: readonly Cell[];
  /** Rules that a passing test broke and had not declared. */
  readonly breaches: readonly Breach[];
  /** What the twin of the chip compared. */
  readonly twin?: TwinTally | undefined;
  /** Why there was no twin, where nobody asked for that. */
  readonly twinless?: string | undefined;
  /** Why what it measured could not be kept. */
  readonly lost?: string | undefined;
  /** Why it was skipped. */
  readonly skip?: SkippedFor | undefined;
  readonly failure?:
    | (Attribution & {
        readonly message: string;
        readonly again?: string | undefined;
        readonly alone?: string | undefined;
      })
    | undefined;
}

/** One line of the journal; `test` counts the planned tests from 0. */
export type JournalEntry =
  /** The first line: whose run it is, by its id, and what it means to do. */
  | { readonly kind: 'plan'; readonly run: string; readonly tests: readonly PlannedTest[] }
  | ({ readonly kind: 'test'; readonly test: number } & TestEnd)
  /** An error that belongs to no test. */
  | ({ readonly kind: 'outside'; readonly message: string } & Attribution)
  /** Too many failures of the lab in a row: the run was ended. */
  | { readonly kind: 'rig down' }
  /** In the place of a line that the runner has not written so, and of all after it; counted from 1. */
  | { readonly kind: 'broken'; readonly line: number }
  | { readonly kind: 'end'; readonly status: RunnerStatus; readonly ms: number };

/** The runner's own status at its end. */
export type RunnerStatus = 'passed' | 'failed' | 'timedout' | 'interrupted';

/** What the runner told during a run, one JSON object in each line. The summary is made of this file alone. */
export const JOURNAL_FILE = 'journal.jsonl';

/** Begins an empty journal, in a folder that is made when it is missing. */
export function beginJournal(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, JOURNAL_FILE), '');
}

/** Adds one line. @throws what the file system throws, such as ENOSPC */
export function addToJournal(folder: string, entry: JournalEntry): void {
  appendFileSync(join(folder, JOURNAL_FILE), `${JSON.stringify(entry)}\n`);
}

/**
 * Reads everything that was told until the runner ended. A line that is cut off, or is no line of ours, ends it as
 * `broken`.
 */
export function readJournal(folder: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let planned = 0;
  const lines = textOf(join(folder, JOURNAL_FILE)).split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [at, line] of lines.entries()) {
    const entry = parseEntry(line, planned) ?? { kind: 'broken', line: at + 1 };
    entries.push(entry);
    if (entry.kind === 'plan') planned = entry.tests.length;
    if (entry.kind === 'broken') break;
  }
  return entries;
}

/** Undefined also for the end of a test that was not planned. */
function parseEntry(line: string, planned: number): JournalEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<JournalEntry> | null;
    if (entry?.kind === undefined) return undefined;
    if (entry.kind === 'test' && !(entry.test !== undefined && entry.test < planned)) return undefined;
    return entry as JournalEntry;
  } catch {
    return undefined;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** One failed test of a run. */
export interface Failure {
  readonly suite: string;
  readonly profile: string;
  readonly title: string;
  /** Whose fault it is. */
  readonly class: FailureClass;
  /** The rule of attribution that decided, and by which evidence. */
  readonly rule: string;
  readonly because: string;
  /** The first sentence of what went wrong. */
  readonly message: string;
  /** The command that runs this test again; none where the failure belongs to no test. */
  readonly again?: string | undefined;
  /** The command that plays what the test did, without its suite. */
  readonly alone?: string | undefined;
}
