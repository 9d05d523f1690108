import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from './journal.ts';
import type { Tally } from './tally.ts';
import { tallyOf } from './tally.ts';
import type { Abilities } from './skip.ts';
import type { Ending, Judgement } from './verdict.ts';
import { judgeRun } from './verdict.ts';

export type { Failure } from './journal.ts';
export type { Undeclared } from './tally.ts';
export type { Verdict } from './verdict.ts';

/** What was asked for. */
export interface Selection {
  /** The rig file, absolute, its text and its SHA-256. */
  readonly rigFile: string;
  readonly rigText: string;
  readonly rigHash: string;
  /** Folder of the suites, absolute, and which of them; all when empty. */
  readonly folder: string;
  readonly suites: readonly string[];
  readonly pattern?: string | undefined;
  /** Further options that decided which tests ran, as they were typed. */
  readonly words: readonly string[];
  /** Modules of drivers from outside the project, absolute. */
  readonly drivers: readonly string[];
  readonly claim?: { readonly below: number; readonly confidence: number } | undefined;
  /** What a breach did that no test declared; absent when the board decided. */
  readonly judging?: 'strict' | 'tell' | 'off' | undefined;
}

/** What is known of a run before its first test. */
export interface RunContext {
  /** No other run has it. */
  readonly id: string;
  /** ISO 8601. */
  readonly start: string;
  readonly host: string;
  readonly user: string;
  /** Of h1-hil, Node, the test runner, and the kernel. */
  readonly versions: Readonly<Record<string, string>>;
  readonly commit: string;
  readonly rig: string;
  readonly profiles: readonly string[];
  readonly seed: number;
  readonly selection: Selection;
  /** What the rig can do; it decides which skips are expected. */
  readonly abilities: readonly string[];
  /** Hash of what the canary found of the rig; missing when there was none. */
  readonly fingerprint?: string | undefined;
  /** The job of a night that asked for the run. */
  readonly job?: string | undefined;
}

/** What one run came to; `summary.json` of the run's folder. */
export interface RunSummary extends RunContext, Tally, Judgement {
  /** ISO 8601. */
  readonly end: string;
}

/** The summary of a run, of what its runner told and how it ended. */
export function summarize(
  context: RunContext,
  journal: readonly JournalEntry[],
  { rig, ...ending }: Ending & { readonly end: string; readonly rig: Abilities | undefined },
): RunSummary {
  return {
    ...judgeRun(journal, ending, rig),
    ...tallyOf(journal, context.profiles),
    ...context,
    end: ending.end,
  };
}

/** Name of the summary in a run's folder. */
export const SUMMARY_FILE = 'summary.json';

/** Writes it whole or not at all: the name appears when everything is on the disk. @throws what the file system throws */
export function writeSummary(folder: string, summary: RunSummary): void {
  const file = join(folder, SUMMARY_FILE);
  const part = `${file}.part`;
  try {
    writeSynced(part, `${JSON.stringify(summary, undefined, 2)}\n`);
    renameSync(part, file);
  } catch (failure) {
    rmSync(part, { force: true });
    throw failure;
  }
}

function writeSynced(file: string, text: string): void {
  const descriptor = openSync(file, 'w');
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The summary of a run's folder; undefined when the run ended before there was one. */
export function readSummary(folder: string): RunSummary | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, SUMMARY_FILE), 'utf8')) as RunSummary;
  } catch {
    return undefined;
  }
}
