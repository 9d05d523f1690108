import { leastOf } from '../delta.ts';
import type { Procedure } from '../schema.ts';
import { UsageError } from '../../units/index.ts';
import type { Difference, Side } from './differences.ts';
import { differencesOf } from './differences.ts';

/** Plays a procedure and answers whether it shows the failure. */
export type Shows = (procedure: Procedure) => Promise<boolean>;

/** What makes a failure come and go between a side that fails and a side that passes. */
export interface Blamed {
  /** Everything in which the two sides differ. */
  readonly all: readonly Difference[];
  /** The smallest sets that make the passing side fail: each single one that does, or else one set that none can leave. */
  readonly brings: readonly (readonly Difference[])[];
  /** The smallest sets that make the failing side pass. */
  readonly cures: readonly (readonly Difference[])[];
  readonly plays: number;
}

/**
 * Finds the smallest set of differences that makes a failure come and go, by delta debugging. `one` of a difference is what
 * the failing side has. @throws UsageError when the two sides do not differ
 */
export async function blame(failing: Procedure, passing: Side, shows: Shows): Promise<Blamed> {
  const all = differencesOf(failing, passing);
  if (all.length === 0)
    throw new UsageError('The two sides have the same numbers: there is nothing to blame.');
  const tried = new Tries(failing, shows);
  const brings = await leastSets(all, (set) =>
    tried.shows(set.reduce<Side>((side, { toOne }) => toOne(side), passing)),
  );
  const cures = await leastSets(
    all,
    async (set) => !(await tried.shows(set.reduce<Side>((side, { toOther }) => toOther(side), failing))),
  );
  return { all, brings, cures, plays: tried.plays };
}

type Holds = (set: readonly Difference[]) => Promise<boolean>;

async function leastSets(all: readonly Difference[], holds: Holds): Promise<(readonly Difference[])[]> {
  const single: Difference[][] = [];
  for (const one of all) if (await holds([one])) single.push([one]);
  return single.length > 0 ? single : [await leastOf(all, holds)];
}

/** Plays each side once. */
class Tries {
  readonly #known = new Map<string, boolean>();

  constructor(
    private readonly procedure: Procedure,
    private readonly play: Shows,
  ) {}

  get plays(): number {
    return this.#known.size;
  }

  async shows({ driver, board }: Side): Promise<boolean> {
    const key = JSON.stringify([
      driver.row,
      Object.entries(driver).sort(),
      Object.entries(driver.changes ?? {}).sort(),
      board,
    ]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const outcome = await this.play({ ...this.procedure, driver, ...(board && { board }) });
    this.#known.set(key, outcome);
    return outcome;
  }
}
