import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { filtersOf, placeOf } from '../../src/cli/test-choice.ts';
import type { ListedTest } from '../../src/cli/test-list.ts';
import { readSummary } from '../../src/report/summary.ts';
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
    expect(found.tags).toEqual([]);
    const named = await run([...all, `bring-up/reset:${found.line}`]);
    expect(JSON.parse(named.stdout)).toEqual([found]);
  });
});

test.describe('--tag', () => {
  test.describe.configure({ timeout: 120_000 });
  const list = ['run', 'sleep-wake', '--profile', 'linux-6.1', '--list', '--json'];

  test('chooses the tests that cite a clause, whatever its case; several clauses are joined', async () => {
    const all = JSON.parse((await run(list)).stdout) as readonly ListedTest[];
    const citing = (clause: string): readonly ListedTest[] =>
      all.filter(({ sources }) => sources.includes(clause));
    const { stdout } = await run([...list, '--tag', 'bugs l-12', 'CHIP 5']);
    const found = JSON.parse(stdout) as readonly ListedTest[];
    const wanted = new Set([...citing('BUGS L-12'), ...citing('CHIP 5')]);
    expect(citing('BUGS L-12').length).toBeGreaterThan(0);
    expect(found).toEqual(all.filter((test) => wanted.has(test)));
    expect(found.length).toBeLessThan(all.length);
  });

  test('that no test has is told with the nearest, and exit code 2', async () => {
    const { code, stderr } = await run([...list, '--tag', 'bugs-l-12']);
    expect([code, stderr]).toEqual([2, 'h1-hil: No test has the tag bugs-l-12; did you mean BUGS L-12?\n']);
  });

  test('of the own sign of a suite is read, and stands in the command that repeats the run', async () => {
    const place = new Workplace();
    try {
      const words = [...place.suites('tagged'), '--tag', 'night'];
      const { code, stdout } = await run(words);
      const { planned, selection } = readSummary(place.report)!;
      expect(planned.map(({ title, outcome }) => [title, outcome])).toEqual([['a tagged claim', 'passed']]);
      expect([code, selection.words]).toEqual([0, ['--tag', 'night']]);
      expect(stdout).toMatch(/^Again .* --tag night$/m);
    } finally {
      place.remove();
    }
  });
});

/** Lines of the suite `mixed` with this text, from 1. */
function linesWith(text: string): number[] {
  const file = fileURLToPath(new URL('suites/mixed/mixed.suite.ts', import.meta.url));
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, at) => (line.includes(text) ? [at + 1] : []));
}
