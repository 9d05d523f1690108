import type { Board } from '../board/index.ts';
import type { Profile } from '../driver/index.ts';
import { showDuration } from '../units/index.ts';
import { LEFT_OUT } from './accesses.ts';
import type { Comparison } from './compare.ts';
import { BAND, compare } from './compare.ts';
import type { Journal } from './journal.ts';
import { play } from './play.ts';

/** Everything that a parity run found, and what it compared. */
export interface Parity {
  readonly profile: string;
  readonly kernel: string;
  readonly compared: string;
  readonly leftOut: readonly string[];
  readonly comparisons: readonly Comparison[];
}

/** Two boards with the same chip: one that our profile drives, one that a kernel drives. */
export interface Contestants {
  /** Version of the kernel. */
  readonly kernel: string;
  /** Our profile of that kernel's driver. */
  readonly profile: Profile;
  readonly ours: Board;
  readonly theirs: Board;
  /** Makes both chips start over. */
  readonly renew: () => Promise<void>;
}

/** Plays each journal on both boards, and tells each comparison when it is made. */
export async function compareAll(
  { kernel, profile, ours, theirs, renew }: Contestants,
  journals: readonly Journal[],
  tell: (comparison: Comparison) => void,
): Promise<Parity> {
  const comparisons: Comparison[] = [];
  for (const journal of journals) {
    await renew();
    for (const comparison of compare(
      journal,
      await play(ours, profile, journal),
      await play(theirs, profile, journal),
    )) {
      comparisons.push(comparison);
      tell(comparison);
    }
  }
  return {
    profile: profile.name,
    kernel,
    compared: `order, direction, register, size and bytes of every frame, wake pulses, and time within ${showDuration(BAND)}`,
    leftOut: LEFT_OUT,
    comparisons,
  };
}
