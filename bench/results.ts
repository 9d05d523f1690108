/** One result: a count that must be met, or a ratio that must not be exceeded. */
export interface Result {
  readonly name: string;
  readonly value: string;
  readonly peer: string;
  readonly ratio: string;
  readonly goal: string;
  /** Undefined where there is no goal, or no peer to compare with. */
  readonly isMet?: boolean;
}

const COLUMNS = ['name', 'value', 'peer', 'ratio', 'goal'] as const;

/** Prints the results, with a line for each, or all of them as JSON. */
export function printResults(results: readonly Result[], isJson: boolean): void {
  if (isJson) {
    process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
    return;
  }
  const widths = COLUMNS.map((column) => Math.max(...results.map((row) => row[column].length)));
  for (const row of results) {
    const cells = COLUMNS.map((column, at) => row[column].padEnd(widths[at]!));
    const verdict = row.isMet === undefined ? '' : row.isMet ? 'met' : 'MISSED';
    process.stdout.write(`${cells.join('  ')}  ${verdict}\n`);
  }
}
