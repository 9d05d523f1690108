import { stripVTControlCharacters } from 'node:util';

/** The line with which the runner names a matcher that failed. It has no values. */
const MATCHER = /^(Error: )?expect\(.*\)\./;
const SEEN = /^Received\b[^:]*: *(.+)$/;
const EXPECTED = /^Expected\b[^:]*: *(.+)$/;
/** The two headlines of a comparison. */
const HEADLINE = /^(- Expected +- +\d+|\+ Received +\+ +\d+)$/;
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
  const block = firstBlock(values);
  const seen = firstOf(values, SEEN) ?? joined(block, '+');
  const expected = firstOf(values, EXPECTED) ?? joined(block, '-');
  const difference = differenceOf(seen, expected);
  if (difference === undefined) return undefined;
  const words = lines.slice(0, at).filter((line) => line !== '');
  return [...words.map((line) => line.replace(/^Error: /, '')), difference].join(' ');
}

function firstOf(lines: readonly string[], pattern: RegExp): string | undefined {
  for (const line of lines) {
    const value = pattern.exec(line)?.[1];
    if (value !== undefined) return shortened(value);
  }
  return undefined;
}

const isMarked = (line: string): boolean => /^[-+]/.test(line) && !HEADLINE.test(line);

/** The first lines of a comparison that differ, up to one that does not. */
function firstBlock(lines: readonly string[]): readonly string[] {
  const from = lines.findIndex(isMarked);
  if (from < 0) return [];
  const length = lines.slice(from).findIndex((line) => !isMarked(line));
  return lines.slice(from, length < 0 ? undefined : from + length);
}

/** The lines of one side, as one value. */
function joined(block: readonly string[], side: '+' | '-'): string | undefined {
  const lines = block.filter((line) => line.startsWith(side)).map((line) => line.slice(1).trim());
  return lines.length === 0 ? undefined : shortened(lines.join(' ').replace(/,$/, ''));
}

const shortened = (value: string): string =>
  value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE - 3)}...` : value;

function differenceOf(seen: string | undefined, expected: string | undefined): string | undefined {
  if (seen === undefined && expected?.startsWith('not '))
    return `${expected.slice(4)} was seen, and was not expected.`;
  if (seen === undefined) return expected && `${expected} was expected, and was not seen.`;
  if (expected === undefined) return `${seen} was seen, and was not expected.`;
  return `${seen} was seen; ${expected} was expected.`;
}
