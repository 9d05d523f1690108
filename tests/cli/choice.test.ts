import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { filtersOf, placeOf } from '../../src/cli/test-choice.ts';
import type { ListedTest } from '../../src/cli/test-list.ts';
import { run, summaryOf, Workplace } from './h1-hil.ts';

// Which tests of the suites a run has: by file and line, by a title that was copied, again what failed, several times,
// a share of all, and until the first failure.

const SUITES = fileURLToPath(new URL('../../suites', import.meta.url));

for (const [text, place] of [
  ['sleep-wake', { suite: 'sleep-wake' }],
  ['suites/sleep-wake/', { suite: 'sleep-wake' }],
  ['sleep-wake/margin', { suite: 'sleep-wake', file: 'margin.suite.ts' }],
  ['suites/sleep-wake/margin.suite.ts:79', { suite: 'sleep-wake', file: 'margin.suite.ts', line: 79 }],
  ['sleep-wake/margin.suite.ts:79:3', { suite: 'sleep-wake', file: 'margin.suite.ts', line: 79 }],
  [`${SUITES}/bring-up/reset.suite.ts`, { suite: 'bring-up', file: 'reset.suite.ts' }],
] as const)
  test(`${text.replace(SUITES, '/.../suites')} is a place in the suites`, () => {
    expect(placeOf(text, SUITES)).toEqual(place);
  });

test('filters find the file that was named and no other, with whole suites beside it', () => {
  const folder = '/home/c++/suites';
  expect(filtersOf([{ suite: 'soak' }], folder)).toEqual([]);
  const filters = filtersOf(
    [{ suite: 'soak' }, { suite: 'max-frame', file: 'fifo.suite.ts', line: 7 }],
    folder,
  );
  expect(filters[1]).toMatch(/:7$/);
  const [soak, fifo] = filters.map((filter) => new RegExp(filter.replace(/:\d+$/, '')));
  const files = ['soak/soak', 'max-frame/fifo', 'max-frame/no-fifo'].map(
    (name) => `${folder}/${name}.suite.ts`,
  );
  expect(files.filter((file) => soak!.test(file))).toEqual([files[0]]);
  expect(files.filter((file) => fifo!.test(file))).toEqual([files[1]]);
});

test.describe('a run', () => {
  test.describe.configure({ timeout: 120_000 });
  let place: Workplace;
  test.beforeEach(() => {
    place = new Workplace();
  });
  test.afterEach(() => {
    place.remove();
  });

  test('of what failed last has the one test that failed, with the seed of then, and says so in its summary', async () => {
    await run(place.suites('mixed'));
    const again = await run([
      ...['run', '--last-failed', '--rig', place.rig, '--report', place.report, '--json'],
    ]);
    const { planned, seed, profiles, selection } = summaryOf(again);
    expect(planned.map(({ title, outcome }) => [title, outcome])).toEqual([
      ['a claim that does not hold', 'failed'],
    ]);
    expect([seed, profiles, selection.words]).toEqual([1, ['recommended'], ['--last-failed']]);
    expect(again.code).toBe(1);
  });

  test('of a test that is named by its line repeats it, each time with chances of its own', async () => {
    const [line] = linesWith("test('a claim that holds'");
    const { stdout } = await run([...place.suites(`mixed/mixed:${line}`), '--repeat-each', '3', '--json']);
    const summary = summaryOf({ code: 0, stdout, stderr: '' });
    expect(summary.planned.map(({ path }) => path.split(' › ').at(-1))).toEqual([
      'a claim that holds',
      'a claim that holds (repetition 2)',
      'a claim that holds (repetition 3)',
    ]);
    expect([summary.verdict, summary.passed, summary.procedures]).toEqual(['pass', 3, 3]);
    const digests = readFileSync(join(place.report, 'journal.jsonl'), 'utf8').match(/"digest":"\w+"/g);
    expect(new Set(digests).size).toBe(3);
  });

  test('with -x leaves out what comes after the first failure, and counts it as not run', async () => {
    const { stdout, code } = await run([...place.suites('mixed'), '-x', '--repeat-each', '2', '--json']);
    const { passed, failed, skipped, notRun, planned } = summaryOf({ code, stdout, stderr: '' });
    expect([failed, planned.length, passed + failed + skipped + notRun]).toEqual([1, 6, 6]);
    expect(notRun).toBeGreaterThan(0);
    expect(code).toBe(1);
  });

  test('lists its tests as JSON, with their places and titles; a copied title with brackets is found as it stands', async () => {
    const all = ['run', '--profile', 'linux-6.1', '--list', '--json'];
    const { stdout } = await run([...all, '--grep', 'after Startup(CLEAR) PCRs']);
    const [found] = JSON.parse(stdout) as readonly [ListedTest];
    expect(found).toMatchObject({ suite: 'bring-up', file: 'bring-up/reset.suite.ts', profile: 'linux-6.1' });
    expect(found.titles.at(-1)).toMatch(/^after Startup\(CLEAR\) PCRs/);
    expect(found.sources).toEqual(['CHIP 6']);
    const named = await run([...all, `bring-up/reset:${found.line}`]);
    expect(JSON.parse(named.stdout)).toEqual([found]);
  });
});

/** Lines of the suite `mixed` with this text, from 1. */
function linesWith(text: string): number[] {
  const file = fileURLToPath(new URL('suites/mixed/mixed.suite.ts', import.meta.url));
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, at) => (line.includes(text) ? [at + 1] : []));
}
