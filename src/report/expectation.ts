import { stripVTControlCharacters } from 'node:util';

/** The line with which the runner names a matcher that failed. It has no values. */
const MATCHER = /^(Error: )?expect\(.*\)\./;
const SEEN = /^Received\b[^:]*: *(.+)$/;
const EXPECTED = /^Expected\b[^:]*: *(.+)$/;
/** Lines of a comparison, without its two headlines. */
const ONLY_SEEN = /^\+(?! Received +\+ \d+$) *(.+)$/;
const ONLY_EXPECTED = /^-(?! Expected +- \d+$) *(.+)$/;
/** Maximum length of a value. The report has the whole comparison. */
const MAX_VALUE = 200;

/**
 * What an expectation that was not met saw and expected, in one line, with the words of the test before it. Undefined
 * when the text is of no expectation, or has no values.
 */
export function expectationOf(text: string): string | undefined {
  const lines = stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.trim());
  const at = lines.findIndex((line) => MATCHER.test(line));
  if (at < 0) return undefined;
  const values = lines.slice(at + 1);
  const seen = firstOf(values, SEEN) ?? firstOf(values, ONLY_SEEN);
  const expected = firstOf(values, EXPECTED) ?? firstOf(values, ONLY_EXPECTED);
  const difference = differenceOf(seen, expected);
  if (difference === undefined) return undefined;
  const words = lines.slice(0, at).filter((line) => line !== '');
  return [...words.map((line) => line.replace(/^Error: /, '')), difference].join(' ');
}

function firstOf(lines: readonly string[], pattern: RegExp): string | undefined {
  for (const line of lines) {
    const value = pattern.exec(line)?.[1]?.replace(/,$/, '');
    if (value !== undefined) return value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE - 3)}...` : value;
  }
  return undefined;
}

function differenceOf(seen: string | undefined, expected: string | undefined): string | undefined {
  if (seen === undefined && expected?.startsWith('not '))
    return `${expected.slice(4)} was seen, and was not expected.`;
  if (seen === undefined) return expected && `${expected} was expected, and was not seen.`;
  if (expected === undefined) return `${seen} was seen, and was not expected.`;
  return `${seen} was seen; ${expected} was expected.`;
}
