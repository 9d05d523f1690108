import { join } from 'node:path';
import { readSummary } from '../report/summary.ts';
import { collectRun } from './collect.ts';
import { changesOf } from './comparison.ts';
import { parsePolicy } from './policy.ts';
import { differences } from './verify/differences.ts';
import type { Run } from './verify/model.ts';
import type { Statement } from './verify/statement.ts';
import { POLICY_FILE } from './verify/verify.ts';

/** The tree that makes evidence again: its commit, and its rules with their sources. */
export interface Tree {
  readonly commit: string;
  readonly rules: ReadonlyMap<string, string>;
}

/**
 * What only the project can make again, and not the small verifier: what the policy's text asks for, and the comparison
 * with the last release. Another commit may rightly come to something else, and makes a note instead of trouble.
 */
export function madeAgain(
  folder: string,
  { predicate }: Statement,
  { commit, rules }: Tree,
): { readonly trouble: readonly string[]; readonly notes: readonly string[] } {
  const { policy, policyText, runs } = predicate.h1hil_qualification.evidence;
  const other = runs.find((run) => run.commit !== commit);
  if (other !== undefined) {
    const note = `the runs are of commit ${other.commit}, and this is ${commit}: policy text and comparison were not made again`;
    return { trouble: [], notes: [note] };
  }
  const trouble = [
    ...tried(POLICY_FILE, () =>
      differences(plain(parsePolicy(policyText, POLICY_FILE, rules).policy), policy, 'policy'),
    ),
    ...runs.flatMap((run) => tried(`runs/${run.id}`, () => comparisonTrouble(folder, run, rules))),
  ];
  return { trouble, notes: [] };
}

/** As it is after JSON. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function tried(where: string, act: () => string[]): string[] {
  try {
    return act();
  } catch (failure) {
    return [`${where}: it cannot be made again: ${String(failure).split('\n')[0]}`];
  }
}

function comparisonTrouble(folder: string, { id, before, isReal }: Run, rules: Tree['rules']): string[] {
  if (before === null) return [];
  const [old, now] = [before.run, id].map((run) => {
    const place = join(folder, 'runs', run);
    const summary = readSummary(place);
    if (summary === undefined) throw new Error(`there is no run ${run}`);
    return collectRun(place, summary, { isReal, rigHash: summary.selection.rigHash, tests: [] });
  });
  const again = { run: old!.run.id, version: old!.run.firmware, changes: changesOf(old!, now!, rules) };
  return differences(plain(again), before, `runs "${id}" before`);
}
