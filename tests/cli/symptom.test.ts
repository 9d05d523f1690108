import { expect, test } from '@playwright/test';
import type { ListedBug } from '../../src/cli/known-bugs.ts';
import { candidates } from '../../src/cli/symptom.ts';

const bug = (id: string, title: string, observable: string): ListedBug => ({
  id,
  title,
  observable,
  has: [],
  where: { kind: 'simulated' },
  folder: 'suites/known-bugs',
});

/** Titles of the catalogue. */
const BUGS = [
  bug('K-03', 'wake settle sleep far too long', 'more than 2.5 ms between wake pulse and frame'),
  bug('K-17', 'resume callback missing', 'every write fails after the first resume'),
  bug('K-21', 'suspend does not wait for a command', 'suspend ends before the command of 1 s in flight'),
  bug('K-30', 'VerifySignature limit too short', 'VerifySignature of 3 s ends with -62'),
  bug('K-46', 'foreign chips are accepted', 'the driver binds to vendor 1050'),
  bug('L-09', 'a resume that times out', 'the first command after a resume ends with -110'),
];

const idsOf = (symptom: string): string[] => candidates(BUGS, symptom).map(({ id }) => id);

test('a bug that tells every word comes first, one that tells none is left out', () => {
  expect(idsOf('-110 resume')[0]).toBe('L-09');
  expect(idsOf('-110 resume')).not.toContain('K-46');
});

test('words that tell the same count less than the word', () => {
  expect(idsOf('resume').slice(0, 2).sort()).toEqual(['K-17', 'L-09']);
  expect(idsOf('resume')).toContain('K-21');
});

test('-1 is not found in -110', () => {
  expect(() => idsOf('10')).toThrow(/No known bug tells of "10"/);
});

for (const symptom of ['', ' - ', '!!'])
  test(`"${symptom}" is refused with what a symptom is`, () => {
    expect(() => idsOf(symptom)).toThrow(/--symptom takes words or an error number/);
  });

test('a word that nobody tells of is told', () => {
  expect(() => idsOf('bicycle')).toThrow(/No known bug tells of "bicycle"/);
});
