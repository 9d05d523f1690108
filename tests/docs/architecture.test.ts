import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@playwright/test';

interface CruiserConfig {
  readonly forbidden: readonly { readonly comment?: string }[];
}

const require = createRequire(import.meta.url);
const { forbidden } = require('../../.dependency-cruiser.cjs') as CruiserConfig;

/** What the checker lets each room import; the rooms in the order of the floors, lowest first. */
const TABLE: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  forbidden.flatMap(({ comment = '' }) => {
    const [, folder, imports] = /^(\S+) may import (.+)$/.exec(comment) ?? [];
    if (folder === undefined || imports === undefined) return [];
    return [[folder, imports === 'nothing of the project' ? [] : imports.split(', ')]];
  }),
);

/** The rows of the page's import table: folder, and what it imports. */
const ROWS = readFileSync('docs/architecture.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').slice(1, -1))
  .filter((cells) => cells.length === 3)
  .map(([folder = '', , imports = '']) => ({ folder: wordsOf(folder)[0] ?? '', imports: wordsOf(imports) }));

function wordsOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

/** Folders and lone files of the project that hold TypeScript of ours. */
const ROOMS = [
  ...readdirSync('src').map((name) => `src/${name}`),
  'fixtures',
  'fixtures/datasheets',
  'suites',
  'reports',
  'bench',
  'tests',
  'playwright.config.ts',
];

test('the page has a row for every room, in the order in which the checker has them', () => {
  expect(ROWS.map(({ folder }) => folder)).toEqual(Object.keys(TABLE));
  expect(ROWS.map(({ folder }) => folder).sort()).toEqual(ROOMS.sort());
});

for (const [folder, imports] of Object.entries(TABLE))
  test(`the page says what the checker says of ${folder}`, () => {
    const row = ROWS.find((one) => one.folder === folder);
    expect(row?.imports.sort()).toEqual([...imports].sort());
  });

test('the order of the rows is that of the floors: no room imports one that stands below it on the page', () => {
  const floors = Object.keys(TABLE);
  const up = Object.entries(TABLE).flatMap(([folder, imports]) =>
    imports
      .filter((one) => floors.indexOf(one) >= floors.indexOf(folder) || !floors.includes(one))
      .map((one) => `${folder} imports ${one}`),
  );
  expect(up).toEqual([]);
});
