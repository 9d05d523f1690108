import { expect, test } from '@playwright/test';
import { morningMarkdown } from '../../reports/morning/markdown.ts';
import { renderMorning } from '../../reports/morning/page.ts';
import type { Morning } from '../../src/history/index.ts';
import { morningOf, NOTHING_KNOWN, nightBefore } from '../../src/history/index.ts';
import { madeResult, madeRun, madeTests } from '../../bench/made-runs.ts';

const NIGHT = '2026-11-30';
const EVIL = '<script>alert(1)</script> `code` [a](javascript:b) | \u001b[31m "quoted" &amp;';

/** A night with one new failure whose texts are hostile. */
function evilMorning(): Morning {
  const test = { ...madeTests(1)[0]!, title: EVIL };
  const result = madeResult(test, 'fail', { failure: { message: EVIL }, rig: EVIL });
  const { results, ...head } = madeRun('evil-run', [result], {
    ...{ rig: EVIL, chip: EVIL, because: [EVIL], started: Date.parse(`${NIGHT}T02:00:00`), again: EVIL },
  });
  const run = { ...head, id: 1 };
  const sighting = { ...result, run, test: results[0]!.test };
  const unrun = [{ rig: EVIL, outcome: 'skipped' as const, reason: EVIL, tests: 1, example: EVIL }];
  return morningOf(
    {
      night: NIGHT,
      nights: 30,
      runs: [run],
      sightings: [sighting],
      firstSeen: new Map(),
      unrun,
      contradictions: [],
      measured: [],
    },
    NOTHING_KNOWN,
  );
}

test('the page needs nothing from outside, and a hostile text is only text on it', () => {
  const page = renderMorning(evilMorning());
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('\u001b');
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).not.toMatch(/(?:src|href)=["']?(?:https?:)?\/\//);
  expect(page).toContain('default-src &#39;none&#39;');
});

test('in the Markdown a hostile text makes neither a link nor HTML nor a row', () => {
  const text = morningMarkdown(evilMorning());
  expect(text).not.toContain('\u001b');
  // What stands in code is shown as it is.
  const outside = text.replace(/``[^\n]*?``/g, '');
  expect(outside).not.toMatch(/(?<!\\)<script/);
  expect(outside).not.toMatch(/(?<!\\)\[a\]/);
});

test('what is new stands first, with its command; each state that has something has its heading', () => {
  const morning = evilMorning();
  const page = renderMorning(morning);
  expect(page.indexOf('id="new"')).toBeLessThan(page.indexOf('id="flaky"'));
  expect(page.indexOf('id="new"')).toBeLessThan(page.indexOf('Trend'));
  expect(page).toContain('data-copy');
  expect(page).toContain('<style>');
  expect(morningMarkdown(morning)).toMatch(/^## ❌ fail: night to Monday,? 30 November 2026/);
});

test('a night without runs says so', () => {
  const none = morningOf(
    {
      night: NIGHT,
      nights: 30,
      runs: [],
      sightings: [],
      firstSeen: new Map(),
      unrun: [],
      contradictions: [],
      measured: [],
    },
    NOTHING_KNOWN,
  );
  expect(morningMarkdown(none)).toContain('No run belongs to the night of 2026-11-30');
  expect(renderMorning(none)).toContain('No run belongs to the night of 2026-11-30');
});

test('the trend has a bar, a dot or a ring for each of thirty nights', () => {
  const page = renderMorning(evilMorning());
  const chart = page.slice(page.indexOf('Failures in each of'));
  expect(chart.slice(0, chart.indexOf('</svg>')).match(/<g[\s>]/g)).toHaveLength(30);
  expect(page).toContain(`${nightBefore(NIGHT, 29)}: no run`);
});
