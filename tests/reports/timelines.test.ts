import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { copyTimelines, linkTimelines } from '../../reports/timelines.ts';

let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-timelines-'));
  mkdirSync(join(folder, 'html'));
});
test.afterEach(() => {
  rmSync(folder, { recursive: true });
});

const RESULT = 'one-result.json';
const attached = (source: string) => ({
  steps: [{ name: 'After Hooks', steps: [{ attachments: [{ name: 'timeline.html', source }] }] }],
});
const write = (result: object): void => {
  writeFileSync(join(folder, RESULT), JSON.stringify(result));
};
const written = () =>
  JSON.parse(readFileSync(join(folder, RESULT), 'utf8')) as Record<'description' | 'descriptionHtml', string>;

test('a test whose trace has a page leads to it, and the page stands beside the report', () => {
  writeFileSync(join(folder, 'abc-attachment.html'), '<p>trace</p>');
  write({ description: 'Source: [CHIP 3]', ...attached('abc-attachment.html') });
  const sources = linkTimelines(folder);
  copyTimelines(folder, join(folder, 'html'), sources);
  const [, href] = /^\[The trace on a time axis\]\((.*)\)\n\nSource: \[CHIP 3\]$/.exec(
    written().description,
  )!;
  expect(readFileSync(join(folder, 'html', href!), 'utf8')).toBe('<p>trace</p>');
});

test('where pictures are the description, the link stands above them', () => {
  writeFileSync(join(folder, 'abc-attachment.html'), '');
  write({ descriptionHtml: '<img>', ...attached('abc-attachment.html') });
  linkTimelines(folder);
  expect(written().descriptionHtml).toMatch(/^<p><a href="timelines\/abc-attachment\.html">.*<\/p>\n<img>$/);
});

test('a page that is not there, or lies elsewhere, is not linked', () => {
  for (const source of ['gone.html', '../secret.html']) {
    write({ description: 'x', ...attached(source) });
    expect(linkTimelines(folder)).toEqual([]);
    expect(written().description).toBe('x');
  }
  write({ description: 'x' });
  expect(linkTimelines(folder)).toEqual([]);
});
