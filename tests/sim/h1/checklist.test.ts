import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';

const here = new URL('.', import.meta.url);

/** Items that the titles of one file's tests name: `(item 7)`, `(items 14, 16)`. */
function itemsOf(file: string): number[] {
  const text = readFileSync(new URL(file, here), 'utf8');
  const named = [...text.matchAll(/^\s*(?:test\b.*)?'.*\(items? ([\d, ]+)\)/gm)];
  return named.flatMap(([, numbers]) => numbers!.split(',').map(Number));
}

/** Item and test files of each row of the documented table. */
function documented(): Map<number, string[]> {
  const page = readFileSync(new URL('../../../docs/simulated-chip.md', here), 'utf8');
  const rows = [...page.matchAll(/^\| (\d+) +\|.*\|(.*)\|$/gm)];
  return new Map(
    rows.map(([, item, files]) => [Number(item), [...files!.matchAll(/`(.+?)`/g)].map(([, f]) => f!)]),
  );
}

test('each of the thirty items has its row in docs/simulated-chip.md, and the row names every file that tests it', () => {
  const tested = new Map<number, string[]>();
  for (const file of readdirSync(here).filter((name) => name.endsWith('.test.ts')))
    for (const item of new Set(itemsOf(file))) tested.set(item, [...(tested.get(item) ?? []), file]);
  const rows = documented();
  expect([...rows.keys()]).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  for (const [item, files] of rows)
    expect([...files].sort(), `item ${item}`).toEqual((tested.get(item) ?? []).sort());
});
