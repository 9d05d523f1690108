import { expect, test } from '@playwright/test';
import { expectationOf } from '../../src/report/expectation.ts';

/** What the runner itself says when `act` fails. */
function failureOf(act: () => void): string {
  try {
    act();
  } catch (failure) {
    return String(failure);
  }
  throw new Error('The expectation was met.');
}

const CASES: readonly (readonly [what: string, act: () => void, says: string])[] = [
  [
    'a number',
    () => {
      expect(57).toBe(63);
    },
    '57 was seen; 63 was expected.',
  ],
  [
    'a bound',
    () => {
      expect(2).toBeGreaterThanOrEqual(3);
    },
    '2 was seen; >= 3 was expected.',
  ],
  [
    'one line of a list',
    () => {
      expect(['a: 000', 'b: 101']).toEqual(['a: 000', 'b: 084']);
    },
    '"b: 101" was seen; "b: 084" was expected.',
  ],
  [
    'a line too many',
    () => {
      expect(['a', 'b']).toEqual(['a']);
    },
    '"b" was seen, and was not expected.',
  ],
  [
    'a line too few',
    () => {
      expect(['a']).toEqual(['a', 'b']);
    },
    '"b" was expected, and was not seen.',
  ],
  [
    'several lines',
    () => {
      expect([{ at: 1 }]).toEqual([]);
    },
    'Array [ Object { "at": 1, }, ] was seen; Array [] was expected.',
  ],
  [
    'more than nine lines',
    () => {
      expect(Array.from({ length: 12 }, (_, at) => at)).toEqual([0]);
    },
    '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 was seen, and was not expected.',
  ],
  [
    'a field',
    () => {
      expect({ size: 10, code: 0 }).toEqual({ size: 12, code: 0 });
    },
    '"size": 10 was seen; "size": 12 was expected.',
  ],
  [
    'a text',
    () => {
      expect('CR50').toMatch(/^Ti50/);
    },
    '"CR50" was seen; /^Ti50/ was expected.',
  ],
  [
    'the words of a test',
    () => {
      expect(57, 'burstCount in ready').toBe(63);
    },
    'burstCount in ready 57 was seen; 63 was expected.',
  ],
  [
    'a negation',
    () => {
      expect(63).not.toBe(63);
    },
    '63 was seen, and was not expected.',
  ],
];

for (const [what, act, says] of CASES)
  test(`an expectation of ${what} says what was seen and what was expected`, () => {
    expect(expectationOf(failureOf(act))).toBe(says);
  });

test('an error of another kind keeps its own words', () => {
  expect(expectationOf('ChipNotAvailable: The command was not sent.')).toBe(undefined);
});

test('a long value is cut', () => {
  const text = expectationOf(
    failureOf(() => {
      expect('x'.repeat(1000)).toBe('y');
    }),
  );
  expect(text!.length).toBeLessThan(260);
});
