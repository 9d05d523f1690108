import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Citation } from '../../src/report/citations.ts';
import {
  CITATION_KEYS,
  citationLink,
  linkInReport,
  parseCitation,
  parseCitations,
} from '../../src/report/citations.ts';
import { findCitations } from './citation-finder.ts';
import { anchorsOf, leadsSomewhere, ROOT, textFiles } from './pages.ts';

const FOLDERS = ['src', 'fixtures', 'suites', 'tests', 'reports', 'rigs', 'bench', 'docs'];
const FILES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

/** What a citation of a public document has to name, beside its key. */
const NAMES: Readonly<Record<string, RegExp>> = {
  TPM2: /^Part [1-4]\b|^\w+\.[ch]\b/,
  'EC-git': /^[0-9a-f]{7,40}\b/,
  RFC: /^\d+/,
  FIPS: /^\d+/,
};

/** @returns undefined when the citation can be followed, else why it cannot. */
function whyNowhere(citation: Citation | undefined): string | undefined {
  if (citation === undefined) return 'no key of docs/sources/README.md';
  const { key, clause } = citation;
  const link = citationLink(`${key} ${clause}`);
  if (link === undefined || !leadsSomewhere(link)) return `${link ?? key} does not exist`;
  return NAMES[key]?.test(clause) === false ? `${key} of what?` : undefined;
}

/** `src/a.ts:3: [CHIP 99.9]: ... does not exist` for each citation of a text that leads nowhere. */
function deadCitations(path: string, text: string): string[] {
  return findCitations(text, path.endsWith('.md')).flatMap(({ text: cited, line, citation }) => {
    const why = whyNowhere(citation);
    return why === undefined ? [] : [`${path}:${line}: [${cited}]: ${why}`];
  });
}

test('every citation of the repository leads to a clause or to a public document that the table names', () => {
  test.setTimeout(60_000);
  const dead: string[] = [];
  let count = 0;
  for (const { path, text } of textFiles(...FOLDERS, ...FILES)) {
    if (path.startsWith('tests/docs/')) continue;
    count += findCitations(text, path.endsWith('.md')).length;
    dead.push(...deadCitations(path, text));
  }
  expect(dead).toEqual([]);
  expect(count).toBeGreaterThan(1000);
});

const DEAD_SAMPLES: readonly (readonly [text: string, dead: readonly string[]])[] = [
  ['// [CHIP 99.9]', ['a.ts:1: [CHIP 99.9]: docs/sources/chip.md#chip-99.9 does not exist']],
  [
    '/**\n * Never more than 64 bytes. [CHAP 1.3]\n */',
    ['a.ts:2: [CHAP 1.3]: no key of docs/sources/README.md'],
  ],
  ['[CHIP 1.3] [BUGS K-99]', ['a.ts:1: [BUGS K-99]: docs/sources/bugs.md#bugs-k-99 does not exist']],
  ['[CHIP 1.3, 1.77]', ['a.ts:1: [CHIP 1.3, 1.77]: docs/sources/chip.md#chip-1.77 does not exist']],
  [
    "source('DRIVER 2.5', 'DRIVER 2.55')",
    ['a.ts:1: [DRIVER 2.55]: docs/sources/driver.md#driver-2.55 does not exist'],
  ],
  ["source('the chip')", ['a.ts:1: [the chip]: no key of docs/sources/README.md']],
  ["source('CHIP')", ['a.ts:1: [CHIP]: docs/sources/chip.md#chip does not exist']],
  ["source('K-05')", ['a.ts:1: [K-05]: no key of docs/sources/README.md']],
  ["source('K-05 and more')", ['a.ts:1: [K-05 and more]: no key of docs/sources/README.md']],
  ["clause: 'BUGS L-77'", ['a.ts:1: [BUGS L-77]: docs/sources/bugs.md#bugs-l-77 does not exist']],
  ["id: 'K-88'", ['a.ts:1: [K-88]: docs/sources/bugs.md#bugs-k-88 does not exist']],
  ['[HOSTS linux]', ['a.ts:1: [HOSTS linux]: docs/sources/hosts.md#hosts-linux does not exist']],
  ['[ORACLE S998]', ['a.ts:1: [ORACLE S998]: docs/sources/chip.md#oracle-s998 does not exist']],
  ['[TPM2 Part 5, 3]', ['a.ts:1: [TPM2 Part 5, 3]: TPM2 of what?']],
  ['[EC-git zzz]', ['a.ts:1: [EC-git zzz]: EC-git of what?']],
  [
    '// cited over [CHIP\n// 77] two lines',
    ['a.ts:1: [CHIP 77]: docs/sources/chip.md#chip-77 does not exist'],
  ],
];

for (const [text, dead] of DEAD_SAMPLES)
  test(`the finder names what leads nowhere: ${JSON.stringify(text)}`, () => {
    expect(deadCitations('a.ts', text)).toEqual(dead);
  });

const GOOD = [
  '[CHIP 1.3]',
  '[CHIP 1.2] [CHIP 1.3]',
  '[CHIP 4.2, 4.3, ORACLE S31]',
  '[CHIP 10.2, frame 28]',
  '[EC spp_if_start, TRACE frame 30]',
  '[EC, ORACLE S38, S43]',
  '[EC-git 569b5e8f0f, 2c0b6b7d3d]',
  '[TPM2 Part 3, 17.3, 17.4 and 17.5]',
  '[VIRTUAL-LAB]',
  '[HOSTS]',
  "source('CHIP 6', 'TPM2 Part 3, 9.3')",
  "id: 'K-05'",
  '[STS 80 3f 00 04]',
  'const list = [HEADER, 7]; const x = values[INDEX]; /[A-Z]/',
];

for (const text of GOOD)
  test(`the finder has nothing against ${JSON.stringify(text)}`, () => {
    expect(deadCitations('a.ts', text)).toEqual([]);
  });

test('a page of docs may name a known bug by its number alone, and then it exists', () => {
  expect(deadCitations('docs/a.md', 'K-16 is mended, and K-98 was never there.')).toEqual([
    'docs/a.md:1: [K-98]: docs/sources/bugs.md#bugs-k-98 does not exist',
  ]);
});

test('a citation is a key and its clause', () => {
  expect(parseCitation('TPM2 Part 3, 9.3')).toEqual({ key: 'TPM2', clause: 'Part 3, 9.3' });
  expect(parseCitation('EC-git 569b5e8f0f')).toEqual({ key: 'EC-git', clause: '569b5e8f0f' });
  expect(parseCitation('EC board.c')).toEqual({ key: 'EC', clause: 'board.c' });
  expect(parseCitation('CHIPS 1.3')).toBeUndefined();
  expect(parseCitations('CHIP 4.2, 4.3, ORACLE S31')).toEqual([
    { key: 'CHIP', clause: '4.2' },
    { key: 'CHIP', clause: '4.3' },
    { key: 'ORACLE', clause: 'S31' },
  ]);
});

test('a citation is a link to its clause, in the repository and in a report', () => {
  expect(citationLink('CHIP 1.3')).toBe('docs/sources/chip.md#chip-1.3');
  expect(citationLink('BUGS K-05')).toBe('docs/sources/bugs.md#bugs-k-05');
  expect(citationLink('VIRTUAL-LAB')).toBe('docs/sources/hosts.md#virtual-lab');
  expect(citationLink('PTP')).toBe('docs/sources/README.md#key-ptp');
  expect(citationLink('nothing')).toBeUndefined();
  expect(linkInReport('DRIVER 2.10')).toBe('sources/driver.html#driver-2.10');
  expect(linkInReport('TPM2 Part 2, 6.2')).toBe('sources/README.html#key-tpm2');
});

test('the table of docs/sources/README.md has a row for each key, and no other', () => {
  const rows = [...anchorsOf('docs/sources/README.md')].filter((id) => id.startsWith('key-')).sort();
  expect(rows).toEqual(CITATION_KEYS.map((key) => `key-${key.toLowerCase().replaceAll(' ', '-')}`).sort());
});

for (const page of ['chip', 'driver', 'bugs', 'hosts'])
  test(`each clause of docs/sources/${page}.md has an anchor, a heading and its source`, () => {
    const text = readFileSync(join(ROOT, `docs/sources/${page}.md`), 'utf8');
    const clauses = text.split(/^(?=(?:<a id="[\w.-]+"><\/a>)+\n\n#)/m).slice(1);
    const [first = ''] = text.split(/^(?:<a id)/m);
    expect(first.match(/^#+ /gm)).toHaveLength(1);
    for (const clause of clauses) {
      expect(clause).toMatch(/^(<a id="[\w.-]+"><\/a>)+\n\n#+ \S/);
      expect(clause.match(/^#+ /gm)).toHaveLength(1);
    }
    const bare = clauses.filter(
      (clause) => !/^Source: \S/m.test(clause) && !/^<a id="bugs-(2|3)(\.\w+)?"/.test(clause),
    );
    expect(bare.map((clause) => clause.slice(0, 60))).toEqual([]);
  });
