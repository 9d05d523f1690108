import type { z } from 'zod';
import { nearest, printable } from '../units/index.ts';
import { fieldsAt } from './fields.ts';

/** One thing that is wrong with a value, and where in it. */
export interface ValueProblem {
  readonly path: readonly PropertyKey[];
  /** The field that is not known there, when it is that. */
  readonly key?: string;
  readonly what: string;
}

/** What stands at the place of a problem. */
export interface Found {
  readonly value: unknown;
  /** The table or list that holds it. */
  readonly holder: unknown;
  /** The fields that are known at this place, or in its holder when it is no table. */
  readonly fields: readonly string[];
}

/** Words of one kind of file for a problem, for a field that it does not know: `key`; undefined leaves it to the usual ones. */
export type OwnWords = (issue: z.core.$ZodIssue, found: Found, key?: string) => string | undefined;

/** The most names that are listed. */
const MAX_NAMES = 16;
/** The most characters of a text that are shown. */
const MAX_CHARACTERS = 60;

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a table',
  record: 'a table',
  array: 'a list',
};

/** The most problems that are told of one file. */
const MAX_PROBLEMS = 20;

/** What is wrong with a value, in words: the first 20 things. */
export const valueProblems = (
  schema: z.ZodType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  own: OwnWords = () => undefined,
): ValueProblem[] =>
  issues
    .slice(0, MAX_PROBLEMS)
    .flatMap((issue) => problemsOf(schema, value, inBranch(issue, value), own))
    .slice(0, MAX_PROBLEMS);

function problemsOf(
  schema: z.ZodType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  own: OwnWords,
): ValueProblem[] {
  return issues.flatMap((issue): ValueProblem[] => {
    const { path } = issue;
    const found = foundAt(schema, value, path);
    if (issue.code !== 'unrecognized_keys')
      return [{ path, what: own(issue, found) ?? wordsOf(issue, found.value) }];
    return issue.keys.map((key) => ({
      path,
      key,
      what:
        own(issue, found, key) ??
        `there is no field ${printable(key)}${nearWord(key, found.fields, 'its fields are')}`,
    }));
  });
}

function foundAt(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): Found {
  const here = valueAt(value, path);
  const holder = valueAt(value, path.slice(0, -1));
  const isTable = typeof here === 'object' && here !== null;
  return { value: here, holder, fields: fieldsAt(schema, value, isTable ? path : path.slice(0, -1)) };
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (part, key) => (typeof part === 'object' && part !== null ? Reflect.get(part, key) : undefined),
    value,
  );

/**
 * The problems of the kind of a union that a value was meant to be: of a table, the table with the fewest. A value that
 * is of no kind has one problem, the union's own.
 */
function inBranch(issue: z.core.$ZodIssue, value: unknown): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || !('errors' in issue)) return [issue];
  const here = valueAt(value, issue.path);
  if (typeof here !== 'object' || here === null) return [issue];
  const branches = issue.errors
    .filter((problems) => problems.every(({ code, path }) => code !== 'invalid_type' || path.length > 0))
    .sort((one, other) => one.length - other.length);
  const [best] = branches;
  if (best === undefined) return [issue];
  return best.flatMap((inner) => inBranch({ ...inner, path: [...issue.path, ...inner.path] }, value));
}

function wordsOf(issue: z.core.$ZodIssue, found: unknown): string {
  if (!isUsual(issue.message))
    return isPlain(found) ? `${issue.message}, and ${shown(found)} is none` : issue.message;
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = TYPES[issue.expected] ?? issue.expected;
      return found === undefined
        ? `it is missing; write ${wanted}`
        : `${wanted} is wanted, and ${shown(found)} stands there`;
    }
    case 'invalid_value':
      return oneOf(issue.values.map(String), found);
    case 'invalid_union': {
      const { options } = issue as { readonly options?: readonly unknown[] };
      if (options !== undefined) return oneOf(options.map(String), found);
      const kinds = issue.errors.flatMap((problems) => problems.flatMap(typeOf));
      return `${[...new Set(kinds)].join(' or ') || 'another value'} is wanted, and ${shown(found)} stands there`;
    }
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${counted(issue.minimum, issue.origin)}, and ${shown(found)} is less`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${counted(issue.maximum, issue.origin)}, and ${shown(found)} is more`;
    default:
      return `${issue.message}, and ${shown(found)} is none`;
  }
}

/** The words of the library itself, which are for programmers. */
const isUsual = (message: string): boolean => /^(?:Invalid|Too (?:small|big))\b/.test(message);

const typeOf = (issue: z.core.$ZodIssue): string[] =>
  issue.path.length > 0
    ? ['a table']
    : issue.code === 'invalid_type'
      ? [TYPES[issue.expected] ?? issue.expected]
      : issue.code === 'invalid_value'
        ? issue.values.map(String)
        : [];

function oneOf(words: readonly string[], found: unknown): string {
  const start = found === undefined ? 'it is missing' : `there is no ${shown(found)}`;
  return `${start}${nearWord(typeof found === 'string' ? found : '', words, 'known:')}`;
}

/** The nearest of the words, or else all of them. */
function nearWord(word: string, words: readonly string[], known: string): string {
  const near = word === '' ? undefined : nearest(word, words);
  if (near !== undefined) return `; did you mean ${near}?`;
  if (words.length === 0) return '';
  const rest = words.length - MAX_NAMES;
  return `; ${known} ${words.slice(0, MAX_NAMES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

const counted = (count: number | bigint, origin: string): string =>
  origin === 'array'
    ? `${count} ${count === 1 ? 'entry' : 'entries'}`
    : origin === 'string'
      ? `${count} characters`
      : String(count);

const isPlain = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (!isPlain(value)) return 'a table';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return printable(text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}...` : text);
}
