import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attribution } from './attribution.ts';
import { CLASS_OF } from './attribution.ts';
import { describeThrown } from './thrown.ts';

/**
 * Failures that belong to no test, such as a rig that cannot be released: the worker notes each in a file of the run's
 * folder, since the runner hands the reporter only a text.
 */
const FILE = 'outside.jsonl';

/** Called by the worker, before it throws `error`. */
export function noteOutside(folder: string, error: unknown): void {
  const { says, blames } = describeThrown(error);
  const attribution: Attribution = {
    class: blames === undefined ? 'test' : CLASS_OF[blames],
    rule: 'outside-of-tests',
    because: says,
  };
  appendFileSync(join(folder, FILE), `${JSON.stringify(attribution)}\n`);
}

/** All that was noted, in order; empty when nothing was. */
export function readOutside(folder: string): readonly Attribution[] {
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Attribution);
}
