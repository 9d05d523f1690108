import { expect, test } from '@playwright/test';
import { findCitations } from './citation-finder.ts';
import { leadsSomewhere, linksOf, textFiles } from './pages.ts';
import { citationLink } from '../../src/report/citations.ts';

const PAGES = ['docs', 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

test('every link of the pages that stays in the repository leads to a file, and to an anchor of it', () => {
  const dead: string[] = [];
  let count = 0;
  for (const { path, text } of textFiles(...PAGES))
    for (const link of linksOf(path, text)) {
      count += 1;
      if (!leadsSomewhere(link)) dead.push(`${path}: ${link}`);
    }
  expect(dead).toEqual([]);
  expect(count).toBeGreaterThan(50);
});

test('a citation of a page is a link to its clause', () => {
  const plain: string[] = [];
  for (const { path, text } of textFiles('docs')) {
    const links = new Set(linksOf(path, text));
    const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
    for (const { text: cited } of findCitations(prose, true)) {
      if (/^[KL]-\d\d$/.test(cited)) continue;
      const link = citationLink(cited);
      if (link === undefined || !links.has(link)) plain.push(`${path}: [${cited}]`);
    }
  }
  expect(plain).toEqual([]);
});

test('a link to a page or an anchor that is not there is found', () => {
  const page =
    'See [a](architecture.md), [b](nowhere.md), [c](architecture.md#time), [d](architecture.md#tea).\n\n[e]: gone.md\n';
  const dead = [...linksOf('docs/a.md', page)].filter((link) => !leadsSomewhere(link));
  expect(dead).toEqual(['docs/nowhere.md', 'docs/architecture.md#tea', 'docs/gone.md']);
});
