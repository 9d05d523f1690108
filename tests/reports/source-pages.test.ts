import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { writeSourcePages } from '../../reports/source-pages.ts';
import { linkInReport } from '../../src/report/citations.ts';

test.describe('the pages of docs/sources inside a report', () => {
  const pages = new Map<string, string>();

  test.beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-sources-'));
    try {
      writeSourcePages(folder);
      for (const name of readdirSync(join(folder, 'sources')))
        pages.set(`sources/${name}`, readFileSync(join(folder, 'sources', name), 'utf8'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const [citation, heading] of [
    ['CHIP 1.3', '<h3>1.3 What the chip drives on MISO'],
    ['DRIVER 2.10', '<h3>2.10 Access budget'],
    ['BUGS K-05', '<h4>K-05 Panic'],
    ['HOSTS coreboot', '<h2>coreboot'],
    ['VIRTUAL-LAB', '<h2>The stock driver'],
  ] as const)
    test(`[${citation}] opens its heading`, () => {
      const [page = '', anchor = ''] = linkInReport(citation).split('#');
      const text = pages.get(page) ?? '';
      const at = text.indexOf(`<a id="${anchor}">`);
      expect(at).toBeGreaterThan(0);
      expect(text.slice(at, at + 200)).toContain(heading);
    });

  test('every link of theirs leads to an anchor of theirs or to the web', () => {
    const dead: string[] = [];
    for (const [path, text] of pages)
      for (const [, link = ''] of text.matchAll(/<a href="([^"]*)"/g)) {
        if (link.startsWith('https://')) continue;
        const [name = '', anchor] = link.split('#');
        const target = pages.get(name === '' ? path : `sources/${name}`);
        const isThere = anchor === undefined || target?.includes(`id="${anchor}"`) === true;
        if (target === undefined || !isThere) dead.push(`${path}: ${link}`);
      }
    expect(dead).toEqual([]);
  });
});
