import { expect, test } from '@playwright/test';
import type { CaptureOptions } from '../../../src/trace/index.ts';
import { bytesInMemory, openCapture, renderJsonLines } from '../../../src/trace/index.ts';
import { COMMAND, makeSamples, toCsv } from '../synthetic.ts';

const CSV = toCsv(makeSamples(COMMAND, { gap: 200 }), 8_000_000);
const [HEAD, ...ROWS] = CSV.trimEnd().split('\n');

const read = (rows: readonly string[], options: CaptureOptions = {}): string =>
  renderJsonLines(openCapture(bytesInMemory(Buffer.from([HEAD!, ...rows, ''].join('\n'))), options));

/** The rows with each cell changed by its row and column, times excepted. */
const cells = (change: (cell: string, before: string | undefined, column: number) => string): string[] =>
  ROWS.map((row, at) => {
    const before = ROWS[at - 1]?.split(',');
    return row
      .split(',')
      .map((cell, column) => (column === 0 ? cell : change(cell, before?.[column], column)))
      .join(',');
  });

test('a CSV that leaves out what did not change is read as one that has all of it', () => {
  const sparse = cells((cell, before) => (cell === before ? '' : cell));
  expect(sparse.filter((row) => row.includes(',,')).length).toBeGreaterThan(100);
  expect(read(sparse)).toBe(read(ROWS));
});

test('a column without a single level is a line that nobody knows', () => {
  const INT_AP_L = 5;
  const empty = read(cells((cell, _before, column) => (column === INT_AP_L ? '' : cell)));
  expect(empty).toContain('"kind":"unseen","line":"INT_AP_L","isUnseen":true');
  expect(empty).not.toContain('"kind":"edge"');
});
