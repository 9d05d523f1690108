import type { Duration } from '../units/index.ts';
import { seconds, showDuration } from '../units/index.ts';
import type { Difference } from './align.ts';
import { align } from './align.ts';
import type { Journal } from './journal.ts';
import type { Played } from './play.ts';

/** An operation of a kernel in an emulator may take longer or shorter by this much. Ours. */
export const BAND = seconds(2);

/** What was compared in one operation, and how it came out. */
export interface Comparison {
  readonly journal: string;
  readonly operation: string;
  /** Acts on the bus that were compared. */
  readonly acts: { readonly ours: number; readonly theirs: number };
  readonly timeNs: { readonly ours: Duration; readonly theirs: Duration };
  readonly differences: readonly Difference[];
}

/** Compares what two drivers did in each operation of a journal. */
export const compare = (
  { name, operations }: Journal,
  ours: readonly Played[],
  theirs: readonly Played[],
): Comparison[] =>
  operations.map((operation, at) => compareOne(name, operation.name, ours[at]!, theirs[at]!));

function compareOne(journal: string, operation: string, ours: Played, theirs: Played): Comparison {
  const differences = [...align(ours.acts, theirs.acts)];
  if (Math.abs(ours.time - theirs.time) > BAND)
    differences.push({
      class: 'other time',
      what: `ours ${showDuration(ours.time)}, theirs ${showDuration(theirs.time)}`,
    });
  return {
    journal,
    operation,
    acts: { ours: ours.acts.length, theirs: theirs.acts.length },
    timeNs: { ours: ours.time, theirs: theirs.time },
    differences,
  };
}
