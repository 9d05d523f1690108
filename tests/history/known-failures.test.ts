import { expect, test } from '@playwright/test';
import { EXAMPLE, KnownFailuresWrong, parseKnownFailures } from '../../src/history/known-failures.ts';

const read = (text: string) => parseKnownFailures(text, 'known.yaml');

test('the example that a wrong file is answered with is right', () => {
  expect(read(EXAMPLE)).toMatchObject({
    quarantine: [{ owner: 'anna', until: '2026-12-24' }],
    known: [{ id: 'BUG-7', rule: 'chip-broke' }],
  });
  expect(read('')).toEqual({ quarantine: [], known: [] });
});

const END = 'owner: a\n    reason: b\n    until: 2026-12-24';
/** What is wrong, the file, and what is said with its place. */
const WRONG: readonly (readonly [string, string, RegExp])[] = [
  [
    'no owner',
    'quarantine:\n  - suite: reset\n    reason: b\n    until: 2026-12-24',
    /known\.yaml:2:5: quarantine\.0\.owner: a text is wanted/,
  ],
  [
    'no end',
    'quarantine:\n  - suite: reset\n    owner: a\n    reason: b',
    /2:5: quarantine\.0\.until: a date such as 2026-12-24 is wanted/,
  ],
  [
    'an end that is no day',
    'quarantine:\n  - suite: reset\n    owner: a\n    reason: b\n    until: 2026-02-30',
    /5:12: quarantine\.0\.until: .*"2026-02-30" is none/,
  ],
  [
    'an empty reason',
    'quarantine:\n  - suite: reset\n    owner: a\n    reason: ""\n    until: 2026-12-24',
    /reason: a text is wanted, and this one is empty/,
  ],
  ['nothing that says which test', `quarantine:\n  - rig: sim\n    ${END}`, /suite or test has to say/],
  [
    'nothing that says which failure',
    `known:\n  - id: X\n    ${END}`,
    /signature, rule, error, suite or test/,
  ],
  [
    'an unknown key',
    `quarantine:\n  - suite: reset\n    tests: x\n    ${END}`,
    /quarantine\.0: there is no field tests; did you mean test\?/,
  ],
  [
    'a signature of another length',
    `known:\n  - id: X\n    signature: abc\n    ${END}`,
    /3:16: known\.0\.signature: a signature has twelve signs/,
  ],
  ['a list at the top', '- suite: reset', /the file: /],
  ['no YAML', 'quarantine: [', /known\.yaml:\d+:\d+: /],
  [
    'a bomb of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]`,
    /alias/i,
  ],
  ['a control character', `quarantine:\n  - suite: "a\\e[31m"\n    ${END}`, /control characters/],
  ['a text in place of a list', 'quarantine: reset', /quarantine: /],
];
for (const [what, text, says] of WRONG)
  test(`${what} is told with its place and a right file`, () => {
    expect(() => read(text)).toThrow(KnownFailuresWrong);
    expect(() => read(text)).toThrow(says);
    expect(() => read(text)).toThrow(/A right file:\nquarantine:/);
  });
