import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { CATALOGUE } from '../../suites/known-bugs/catalogue.ts';
import { renderPage, verdictsOf, verdictsOfPage } from '../../suites/known-bugs/page.ts';

const FOLDER = new URL('../../suites/known-bugs/', import.meta.url);

/** Numbers of the catalogue that exist. [BUGS 2] [BUGS 3] */
const K = [...range(1, 5), ...range(7, 47), 49, 50, 54, 56].filter((number) => number !== 48);
const L = range(1, 46);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

const ids = [...K.map((number) => ['K', number] as const), ...L.map((number) => ['L', number] as const)].map(
  ([letter, number]) => `${letter}-${String(number).padStart(2, '0')}`,
);

test('every entry of the catalogue is in the table once', () => {
  expect([...CATALOGUE.map(({ id }) => id)].sort()).toEqual([...ids].sort());
});

test('every entry that is said to be shown has exactly one test, and no other entry has one', () => {
  const text = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.suite.ts'))
    .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))
    .join('\n');
  const tested = [...text.matchAll(/\bshows\(\s*'([KL]-\d\d)'/g)].map(([, id]) => id);
  const shown = CATALOGUE.filter(({ where }) => where.kind === 'shown').map(({ id }) => id);
  expect([...tested].sort()).toEqual([...shown].sort());
  expect(shown.length).toBeGreaterThanOrEqual(45);
});

test('every entry that a kernel shows has exactly one test in suites/kernel-driver', () => {
  const text = readFileSync(new URL('../kernel-driver/known-bugs.suite.ts', FOLDER), 'utf8');
  const tested = [...text.matchAll(/\bshowsOnKernel\(\s*'([KL]-\d\d)'/g)].map(([, id]) => id!);
  const shown = CATALOGUE.filter(({ where }) => where.kind === 'kernel').map(({ id }) => id);
  // L-22 is shown on the simulated board as well.
  expect(tested.filter((id) => id !== 'L-22').sort()).toEqual([...shown].sort());
});

test('docs/known-bugs.md is current, and each of its verdicts is a pass', () => {
  const page = readFileSync(new URL('../../docs/known-bugs.md', import.meta.url), 'utf8');
  const verdicts = verdictsOfPage(page);
  expect(page).toBe(renderPage(verdicts));
  for (const { id, where } of CATALOGUE)
    expect(verdicts.get(id), id).toMatch(
      where.kind === 'shown' ? /^pass: shown by \d, absent in \d$/ : /^-$/,
    );
});

test('a verdict tells which profile differs from the catalogue', () => {
  const cells = (first: string) => ({
    'cr50-spi-v1': { text: first },
    'linux-6.1': { text: 'absent' },
    recommended: { text: 'absent' },
  });
  // K-03 is of cr50-spi-v1 alone. [BUGS K-03]
  const verdictOf = (first: string) =>
    verdictsOf([{ title: 'Known bugs', columns: [], rows: [{ name: 'K-03', cells: cells(first) }] }]).get(
      'K-03',
    );
  expect(verdictOf('shown')).toBe('pass: shown by 1, absent in 2');
  expect(verdictOf('absent')).toBe('FAIL: absent in cr50-spi-v1');
});
