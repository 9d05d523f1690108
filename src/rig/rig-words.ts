import type { z } from 'zod';
import { nearest } from '../units/index.ts';
import { FIELD_NAMES } from './json-schema.ts';
import { bareNameOf, unitsOf } from './written-units.ts';

const LINE = '{ name: GPIO24 }, { chip: pinctrl-bcm2711, offset: 24 } or { gpio: 536 }';

/** What is wrong, in words, with the nearest right word where one is near. `found` is what stands there. */
export function wordsOf(issue: z.core.$ZodIssue, found: unknown): string {
  const { path, message } = issue;
  const field = path.at(-1);
  if (issue.code === 'unrecognized_keys') return `${message}${fieldSuggestion(issue.keys[0] ?? '')}`;
  if (issue.code === 'invalid_union' && path.at(-2) === 'lines')
    return `a line is written as ${LINE}, and ${JSON.stringify(found)} is none`;
  if (issue.code === 'invalid_type' && field === 'firmware' && typeof found === 'number')
    return `a version is three numbers with dots, such as 0.5.4, and ${found} is two`;
  if (issue.code === 'invalid_type' && field === 'spi' && typeof found === 'string')
    return `it has a device and a clock: { device: ${found}, sckHz: 1000000 }`;
  const words =
    issue.code === 'invalid_value'
      ? issue.values.map(String)
      : issue.code === 'invalid_union' && 'options' in issue
        ? (issue.options ?? []).map(String)
        : [];
  return `${message}${typeof found === 'string' ? suggestion(found, words) : ''}`;
}

/** A field whose unit was left out of its name needs a value with one. */
function fieldSuggestion(key: string): string {
  const field = FIELD_NAMES.find((name) => bareNameOf(name) === key);
  return field === undefined
    ? suggestion(key, FIELD_NAMES)
    : `; write a number with a unit (${unitsOf(field).join(', ')}), such as ${key}: 5${unitsOf(field)[1] ?? ''}`;
}

function suggestion(word: string, names: readonly string[]): string {
  const near = nearest(word, names);
  return near === undefined ? '' : `; did you mean ${near}?`;
}
