import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from '@playwright/test';
import { readOwnTests } from '../../src/cli/own-tests.ts';
import { checkResult, failureLines, runResult, sumOf } from '../../src/cli/stage.ts';

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-stage-'));
    await use(folder);
    rmSync(folder, { recursive: true });
  },
});

const FAILURE = {
  suite: 'soak',
  profile: 'recommended',
  title: 'a driver binds again',
  message: '2. bind: a pulse was expected; none was seen.',
  again: 'h1-hil run soak/soak:42',
};

const leaveSummary = (folder: string, summary: object): void => {
  writeFileSync(join(folder, 'summary.json'), JSON.stringify(summary));
};

test('a run that passed has its counts and no failure', ({ folder }) => {
  leaveSummary(folder, { passed: 3, failed: 0, skipped: 2, failures: [] });
  expect(runResult(0, folder, 'run')).toEqual({ passed: 3, failed: 0, skipped: 2, failures: [] });
});

test('what failed in a run is told with the command that runs it again', ({ folder }) => {
  leaveSummary(folder, { passed: 3, failed: 1, skipped: 2, failures: [FAILURE] });
  const result = runResult(1, folder, 'run');
  expect(result.failed).toBe(1);
  expect(failureLines(result.failures)).toEqual([
    'failed  soak · recommended · a driver binds again',
    '        2. bind: a pulse was expected; none was seen.',
    '        again: h1-hil run soak/soak:42',
  ]);
});

for (const [what, code, summary] of [
  ['left no summary', 0, undefined],
  ['was killed before its summary', 137, undefined],
  ['ended badly though every test passed', 1, { passed: 3, failed: 0, skipped: 0, failures: [] }],
] as const)
  test(`a run that ${what} counts as one failure`, ({ folder }) => {
    if (summary !== undefined) leaveSummary(folder, summary);
    const { failed, failures } = runResult(code, folder, 'run');
    expect(failed).toBe(1);
    expect(failures).toEqual([
      { title: 'run', message: expect.stringContaining('ended with code') as unknown },
    ]);
  });

test('stages add up', () => {
  const sum = sumOf([checkResult(0, 'types'), checkResult(1, 'lint'), checkResult(2, 'imports')]);
  expect([sum.passed, sum.failed, sum.failures.map(({ title }) => title)]).toEqual([
    1,
    2,
    ['lint', 'imports'],
  ]);
});

const spec = (title: string, line: number, more: object): object => ({
  ...{ title, file: 'trace/frames.test.ts', line },
  tests: [{ annotations: [], status: 'expected', results: [], ...more }],
});

const reportOf = (specs: readonly object[], unexpected: number, errors: readonly object[] = []): string =>
  JSON.stringify({
    stats: { expected: 1, unexpected, flaky: 0, skipped: 1 },
    suites: [{ specs: [], suites: [{ specs }] }],
    errors,
  });

test("a failed test of the project is told with its place, and the matcher's values in one line", () => {
  const message =
    '\u001b[31mError: expect(received).toBe(expected)\u001b[0m\n\nExpected: > 20\nReceived:   10\n\n  25 | code';
  const text = reportOf(
    [
      spec('reads', 3, {}),
      spec('writes', 24, { status: 'unexpected', results: [{ error: { message } }] }),
      spec('waits', 30, {
        status: 'skipped',
        annotations: [{ type: 'skip', description: 'no compiler is here' }],
      }),
    ],
    1,
  );
  expect(readOwnTests(text)).toEqual({
    ...{ passed: 1, failed: 1, skipped: 1, skips: new Map([['no compiler is here', 1]]) },
    failures: [
      {
        title: 'tests/trace/frames.test.ts:24 · writes',
        message: 'Error: expect(received).toBe(expected)  Expected: > 20  Received:   10',
        again: 'npx playwright test -c tests tests/trace/frames.test.ts:24',
      },
    ],
  });
});

test('an error outside of any test is a failure too', () => {
  const { failed, failures } = readOwnTests(reportOf([], 0, [{ message: 'Error: no such file\n at x' }]));
  expect([failed, failures]).toEqual([1, [{ title: 'outside of any test', message: 'Error: no such file' }]]);
});
