import { dirname, join, relative } from 'node:path';
import type { RunSummary } from '../report/summary.ts';
import { FAILURE_CLASSES } from '../report/attribution.ts';
import { showTable } from '../report/tables.ts';
import { printableLines } from '../units/index.ts';
import { showSeconds, Terminal } from '../report/terminal.ts';

/** Up to this number of profiles, each one is printed. With more, the matrix of suites and profiles is printed. */
const FEW = 3;
/** Maximum number of reasons in the terminal. */
const MAX_REASONS = 5;

/** Prints where the report of a run is; nothing when there is no report. */
export function printPages(page: string | undefined): void {
  if (page === undefined) return;
  const row = rowsOn(new Terminal(process.stdout));
  row('Tables', relative(process.cwd(), join(dirname(page), 'tables.html')));
  row('Report', relative(process.cwd(), page) || page);
}

const rowsOn =
  (terminal: Terminal) =>
  (name: string, text: string): void => {
    terminal.line(`${name.padEnd(9)}${printableLines(text)}`);
  };

/**
 * Prints the result of a run. `again` is the command that repeats the run. `page` is the report, or undefined while
 * it is not made.
 */
export function printClosing(summary: RunSummary, again: string, page: string | undefined): void {
  const terminal = new Terminal(process.stdout);
  const row = rowsOn(terminal);
  const { verdict, because, passed, failed, skipped, notRun, skips, failures } = summary;
  const { digest, rig, chip, guest, twinless, durationMs, profiles, tables } = summary;
  terminal.line();
  for (const [reason, count] of Object.entries(skips)) row('Skipped', `${count}: ${reason}`);
  for (const name of FAILURE_CLASSES) {
    const count = failures.filter((failure) => failure.class === name).length;
    if (count > 0) row('Failed', `${count}: ${name}`);
  }
  if (profiles.length > FEW) for (const table of tables.slice(0, 1)) terminal.line(`${showTable(table)}\n`);
  row('Rig', `${rig}${chip === '' ? '' : ` (${chip})`}`);
  if (guest !== '') row('Guest', guest);
  if (twinless !== '') row('Twin', twinless);
  row('Digest', digest ?? 'none: nothing was on the wires');
  row('Again', again);
  row('Time', showSeconds(durationMs));
  printPages(page);
  for (const reason of because.slice(0, MAX_REASONS)) row('Because', reason);
  if (because.length > MAX_REASONS) row('', `and ${because.length - MAX_REASONS} more, in summary.json`);
  const paint = verdict === 'pass' ? terminal.good : terminal.bad;
  terminal.line(`${'Verdict'.padEnd(9)}${paint(verdict)}${notRun > 0 ? `, ${notRun} not run` : ''}`);
  terminal.line(`${passed} passed, ${failed} failed, ${skipped} skipped`);
}
