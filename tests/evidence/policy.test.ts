import { expect, test } from '@playwright/test';
import { parsePolicy, POLICY_EXAMPLE, PolicyWrong } from '../../src/evidence/index.ts';
import { RULE_SOURCES } from './made.ts';

const NOWHERE = ['CHIP', '99'].join(' ');
const GOOD = `name: gate
firmware: { version: 0.5.4, image: simulated }
rigs:
  - { rig: sim, kind: simulated, suites: [bring-up] }
drivers: [recommended]
`;

const WAIVER = 'owner: anna, reason: known';

/** Each wrong policy, the place of what is wrong, and what is said of it. */
const WRONG: readonly (readonly [what: string, text: string, place: string, says: RegExp])[] = [
  ['a version with two numbers', GOOD.replace('0.5.4', '0.5'), '2:', /a version such as 0\.5\.4 is wanted/],
  ['a version of words', GOOD.replace('0.5.4', 'newest'), '2:', /three numbers/],
  ['a short digest', GOOD.replace('simulated }', 'abc }'), '2:', /64 small hexadecimal digits/],
  ['no image', GOOD.replace(', image: simulated', ''), '2:', /SHA-256 of the image/],
  ['no rigs', GOOD.replace(/rigs:\n.*\n/, 'rigs: []\n'), '3:', /one rig at least/],
  ['no rigs at all', GOOD.replace(/rigs:\n.*\n/, ''), '1:', /a list of rigs is wanted/],
  ['no suites', GOOD.replace('[bring-up]', '[]'), '4:', /one suite at least/],
  ['a suite twice', GOOD.replace('[bring-up]', '[bring-up, bring-up]'), '4:', /each may stand here once/],
  ['no drivers', GOOD.replace('[recommended]', '[]'), '5:', /one driver at least/],
  ['a driver twice', GOOD.replace('[recommended]', '[a, a]'), '5:', /each may stand here once/],
  ['a kind that is none', GOOD.replace('kind: simulated', 'kind: virtual'), '4:', /one of real, simulated/],
  [
    'a real rig with a simulated image',
    GOOD.replace('kind: simulated', 'kind: real'),
    '1:',
    /a real rig has firmware with an image/,
  ],
  ['a word that is unknown', `${GOOD}colour: red\n`, '6:', /colour/],
  ['an empty name', GOOD.replace('name: gate', "name: ''"), '1:', /a text is wanted, and this one is empty/],
  ['a comparison without the rig before', `${GOOD}comparedWith: 0.4.25\n`, '1:', /every rig needs before/],
  [
    'a clause that is none',
    `${GOOD}requirements: { also: [${NOWHERE}] }\n`,
    '6:',
    /a clause that h1-hil requirements lists/,
  ],
  ['a group that is none', `${GOOD}requirements: { groups: [chip may] }\n`, '6:', /one of chip must/],
  [
    'a rule that is none',
    `${GOOD}margins: [{ rule: pulses, least: 1 }]\n`,
    '6:',
    /a rule that h1-hil rules lists/,
  ],
  [
    'a margin of words',
    `${GOOD}margins: [{ rule: pulse-width, least: wide }]\n`,
    '6:',
    /a number in the unit of the rule/,
  ],
  ['a rate of 0', `${GOOD}claims: [{ suite: soak, below: 0, confidence: 0.95 }]\n`, '6:', /a rate above 0/],
  [
    'a rate in percent',
    `${GOOD}claims: [{ suite: soak, below: 5, confidence: 0.95 }]\n`,
    '6:',
    /a rate below 1/,
  ],
  [
    'a confidence of 1',
    `${GOOD}claims: [{ suite: soak, below: 0.1, confidence: 1 }]\n`,
    '6:',
    /a share below 1/,
  ],
  [
    'a confidence below a half',
    `${GOOD}claims: [{ suite: soak, below: 0.1, confidence: 0.4 }]\n`,
    '6:',
    /a share above 0\.5/,
  ],
  ['an age of 0 days', `${GOOD}maxAgeDays: 0\n`, '6:', /more than 0 days/],
  ['a waiver of nothing', `${GOOD}waivers: [{ ${WAIVER}, until: 2026-12-24 }]\n`, '6:', /what is waived/],
  [
    'a waiver of two things',
    `${GOOD}waivers: [{ test: a, change: b, ${WAIVER}, until: 2026-12-24 }]\n`,
    '6:',
    /only one of them/,
  ],
  [
    'a waiver without an end',
    `${GOOD}waivers: [{ test: a, ${WAIVER} }]\n`,
    '6:',
    /a date such as 2026-12-24/,
  ],
  [
    'a waiver to a day that is none',
    `${GOOD}waivers: [{ test: a, ${WAIVER}, until: 2026-02-30 }]\n`,
    '6:',
    /a date such as 2026-12-24/,
  ],
  [
    'a waiver without an owner',
    `${GOOD}waivers: [{ test: a, reason: known, until: 2026-12-24 }]\n`,
    '6:',
    /a text is wanted/,
  ],
  ['a waiver of every test', `${GOOD}waivers: [{ test: '', ${WAIVER}, until: 2026-12-24 }]\n`, '6:', /empty/],
  ['no YAML', 'name: [', '1:', /./],
  ['nothing', '', '1:', /./],
];

for (const [what, text, place, says] of WRONG)
  test(`a policy with ${what} is refused with place, reason and a right file`, () => {
    let told = '';
    try {
      parsePolicy(text, 'policy.yaml', RULE_SOURCES);
    } catch (failure) {
      expect(failure).toBeInstanceOf(PolicyWrong);
      told = (failure as Error).message;
    }
    const [lines = '', example = ''] = told.split('\nA right file:\n');
    expect(lines.split('\n').some((line) => line.startsWith(`policy.yaml:${place}`) && says.test(line))).toBe(
      true,
    );
    expect(example).toBe(POLICY_EXAMPLE);
  });

test('the right file that is shown is right', () => {
  const { policy, drivers } = parsePolicy(POLICY_EXAMPLE, 'policy.yaml', RULE_SOURCES);
  expect(drivers).toEqual(['recommended']);
  expect(policy.demands.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'rig every run',
    'rig sim (simulated)',
    'suite bring-up, recommended, on sim (simulated)',
    'requirement CHIP 4.1',
  ]);
});
