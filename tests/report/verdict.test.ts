import { expect, test } from '@playwright/test';
import type { JournalEntry, TestEnd } from '../../src/report/journal.ts';
import { tallyOf } from '../../src/report/tally.ts';
import type { Ending } from '../../src/report/verdict.ts';
import type { Abilities, Skip } from '../../src/report/skip.ts';
import { isExpectedSkip } from '../../src/report/skip.ts';
import { judgeRun } from '../../src/report/verdict.ts';

const PASSED: TestEnd = { outcome: 'passed', ms: 5, cells: [], breaches: [], digest: 'aa' };
const failedAs = (failureClass: 'firmware' | 'driver profile' | 'rig' | 'test', rule = 'r'): TestEnd => ({
  outcome: 'failed',
  ms: 5,
  cells: [],
  breaches: [],
  failure: { class: failureClass, rule, because: 'it was seen', message: 'it failed' },
});
const skippedFor = (skip: Skip | undefined): TestEnd => ({
  outcome: 'skipped',
  ms: 0,
  cells: [],
  breaches: [],
  skip: { reason: 'for a reason', skip },
});

/** The journal of a run whose tests ended so; undefined is a test of which nothing was told. */
function journalOf(
  ends: readonly (TestEnd | undefined)[],
  more: readonly JournalEntry[] = [],
): JournalEntry[] {
  const tests = ends.map((_, at) => ({ suite: 's', profile: 'p', title: `t${at}`, path: `p › s › t${at}` }));
  const told = ends.flatMap((end, test): JournalEntry[] => (end ? [{ kind: 'test', test, ...end }] : []));
  return [{ kind: 'plan', run: 'r', tests }, ...told, ...more];
}

const END: JournalEntry = { kind: 'end', status: 'passed', ms: 9 };
const FAILED_END: JournalEntry = { kind: 'end', status: 'failed', ms: 9 };
const OUTSIDE: JournalEntry = {
  kind: 'outside',
  class: 'test',
  rule: 'outside-of-tests',
  because: 'EISDIR',
  message: 'EISDIR: illegal operation on a directory',
};
const GOOD: Ending = { code: 0, wasInterrupted: false, troubles: [] };
const ABLE: Abilities = {
  names: new Set(['reset', 'power']),
  canInject: ({ kind }) => kind === 'bit-error',
};

const CASES: readonly {
  readonly name: string;
  readonly journal: readonly JournalEntry[];
  readonly ending?: Partial<Ending>;
  readonly verdict: string;
  readonly says?: RegExp;
}[] = [
  { name: 'everything agrees', journal: journalOf([PASSED, PASSED], [END]), verdict: 'pass' },
  {
    name: 'the runner ended with another code: a reporter failed',
    journal: journalOf([PASSED], [END]),
    ending: { code: 1 },
    verdict: 'no verdict',
    says: /ended with code 1 although no test failed/,
  },
  {
    name: 'an error after the end of the run',
    journal: journalOf([PASSED], [END, OUTSIDE]),
    ending: { code: 0 },
    verdict: 'no verdict',
  },
  {
    name: 'the file of a reporter is cut',
    journal: journalOf([PASSED], [END]),
    ending: { troubles: ['junit.xml is cut.'] },
    verdict: 'no verdict',
    says: /junit\.xml is cut/,
  },
  {
    name: 'the runner was killed',
    journal: journalOf([PASSED, undefined]),
    ending: { code: 137 },
    verdict: 'no verdict',
    says: /ended by signal 9/,
  },
  {
    name: 'the runner was told to end',
    journal: journalOf([PASSED, undefined]),
    ending: { code: 143 },
    verdict: 'interrupted',
  },
  {
    name: 'the journal has no end although the runner says all is well',
    journal: journalOf([PASSED]),
    verdict: 'no verdict',
    says: /before it had told/,
  },
  { name: 'there is no journal', journal: [], verdict: 'no verdict' },
  {
    name: 'a planned test was not run',
    journal: journalOf([PASSED, undefined], [END]),
    verdict: 'no verdict',
    says: /1 of 2 planned tests were not run/,
  },
  {
    name: 'a skip that the rig explains',
    journal: journalOf([PASSED, skippedFor({ kind: 'rig lacks', needs: ['kernel'] })], [END]),
    verdict: 'pass',
  },
  {
    name: 'a skip for what the rig has',
    journal: journalOf([PASSED, skippedFor({ kind: 'rig lacks', needs: ['reset'] })], [END]),
    verdict: 'no verdict',
    says: /nothing of this rig explains it: for a reason/,
  },
  {
    name: 'a skip without a reason',
    journal: journalOf([PASSED, skippedFor(undefined)], [END]),
    verdict: 'no verdict',
  },
  {
    name: 'nothing but skips',
    journal: journalOf([skippedFor({ kind: 'rig lacks', needs: ['kernel'] })], [END]),
    verdict: 'no verdict',
    says: /Not one test passed/,
  },
  {
    name: 'tests that touched no board',
    journal: journalOf([{ ...PASSED, digest: undefined }], [END]),
    verdict: 'no verdict',
    says: /None of the 1 tests that passed touched a board/,
  },
  {
    name: 'the firmware failed',
    journal: journalOf([failedAs('firmware')], [FAILED_END]),
    ending: { code: 1 },
    verdict: 'fail',
  },
  {
    name: 'the driver failed, and then the disk was full',
    journal: journalOf([failedAs('driver profile'), undefined]),
    ending: { code: 1, troubles: ['No space left in /x.'] },
    verdict: 'fail',
    says: /No space left/,
  },
  {
    name: 'a suite is wrong',
    journal: journalOf([failedAs('test')], [FAILED_END]),
    ending: { code: 1 },
    verdict: 'no verdict',
  },
  {
    name: 'the rig failed',
    journal: journalOf([PASSED, failedAs('rig')], [FAILED_END]),
    ending: { code: 1 },
    verdict: 'no verdict',
  },
  {
    name: 'a soak stayed open',
    journal: journalOf([PASSED, failedAs('test', 'too-few-runs')], [FAILED_END]),
    ending: { code: 1 },
    verdict: 'inconclusive',
  },
  {
    name: 'somebody pressed Ctrl-C',
    journal: journalOf([PASSED, undefined], [{ kind: 'end', status: 'interrupted', ms: 9 }]),
    ending: { code: 130, wasInterrupted: true },
    verdict: 'interrupted',
  },
  {
    name: 'the limit of the run was reached',
    journal: journalOf([PASSED, undefined], [{ kind: 'end', status: 'timedout', ms: 9 }]),
    ending: { code: 1 },
    verdict: 'no verdict',
    says: /The limit of the whole run/,
  },
];

for (const { name, journal, ending, verdict, says } of CASES)
  test(`${name}: ${verdict}`, () => {
    const judged = judgeRun(journal, { ...GOOD, ...ending }, ABLE);
    expect(judged.verdict).toBe(verdict);
    if (says !== undefined) expect(judged.because.join('\n')).toMatch(says);
    const { passed, failed, skipped, notRun, planned } = tallyOf(journal, ['p']);
    expect(passed + failed + skipped + notRun).toBe(planned.length);
  });

test('no ending of a run but the right one is a pass, whatever else it is', () => {
  const journal = journalOf([PASSED], [END]);
  for (let code = 1; code < 256; code++)
    expect(judgeRun(journal, { ...GOOD, code }, ABLE).verdict, `code ${code}`).not.toBe('pass');
  for (let length = 0; length < journal.length; length++)
    expect(judgeRun(journal.slice(0, length), GOOD, ABLE).verdict, `${length} lines`).not.toBe('pass');
});

test('a digest of nothing is no digest', () => {
  expect(tallyOf(journalOf([{ ...PASSED, digest: undefined }], [END]), ['p']).digest).toBeUndefined();
  expect(tallyOf(journalOf([PASSED], [END]), ['p']).digest).toMatch(/^[0-9a-f]{64}$/);
});

const SKIPS: readonly { readonly skip: Skip | undefined; readonly isExpected: boolean }[] = [
  { skip: { kind: 'rig lacks', needs: ['kernel'] }, isExpected: true },
  { skip: { kind: 'rig lacks', needs: ['kernel', 'faults'] }, isExpected: true },
  { skip: { kind: 'rig lacks', needs: ['kernel', 'reset'] }, isExpected: false },
  { skip: { kind: 'rig lacks', needs: [] }, isExpected: false },
  { skip: { kind: 'fault', fault: { kind: 'ready-open' } }, isExpected: true },
  { skip: { kind: 'fault', fault: { kind: 'bit-error' } }, isExpected: false },
  { skip: { kind: 'driver', driver: 'p' }, isExpected: true },
  { skip: { kind: 'driver', driver: 'q' }, isExpected: false },
  { skip: { kind: 'no procedure' }, isExpected: true },
  { skip: undefined, isExpected: false },
];

for (const { skip, isExpected } of SKIPS)
  test(`a skip of ${JSON.stringify(skip)} is ${isExpected ? '' : 'not '}expected`, () => {
    expect(isExpectedSkip(skip, 'p', ABLE)).toBe(isExpected);
    if (skip?.kind === 'rig lacks' || skip?.kind === 'fault')
      expect(isExpectedSkip(skip, 'p', undefined), 'nobody looked at the rig').toBe(false);
  });

test('a skip that nothing explains is no pass, and names the test', () => {
  const ends = [PASSED, skippedFor({ kind: 'rig lacks', needs: ['reset'] })];
  const { verdict, because } = judgeRun(journalOf(ends, [END]), GOOD, ABLE);
  expect(verdict).toBe('no verdict');
  expect(because).toEqual(['s · p · t1 was skipped, and nothing of this rig explains it: for a reason.']);
});

test('breaches that were not declared are told, those of a failed test in its evidence', () => {
  const breach = { rule: 'wait-bytes', by: 'chip', says: 'more than 100' } as const;
  const tally = tallyOf(journalOf([PASSED, { ...PASSED, breaches: [breach] }], [END]), ['p']);
  expect(tally.undeclared).toEqual([{ suite: 's', profile: 'p', title: 't1', ...breach }]);
});
