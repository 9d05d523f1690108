import { judge } from '../judge.ts';
import { Stages } from '../stages.ts';
import type { Bounds } from './bounds.ts';
import { procedureAt, procedures } from './bounds.ts';
import type { Discovery, WrittenCoverage } from './coverage.ts';
import { Coverage, discoveriesOf } from './coverage.ts';

/** A run of procedures from one seed: `count` of them from number `from` on, to be played in this order. */
export interface Batch {
  readonly bounds: Bounds;
  readonly seed: number;
  readonly from: number;
  readonly count: number;
}

/** The failures that a batch showed, and what it reached. */
export interface BatchResult {
  readonly from: number;
  readonly played: number;
  readonly discoveries: readonly Discovery[];
  readonly coverage: WrittenCoverage;
}

/** Plays batches. Boards stay open from one batch to the next. */
export class BatchPlayer {
  readonly #stages = new Stages();

  async play({ bounds, seed, from, count }: Batch): Promise<BatchResult> {
    const all = procedures(bounds);
    const coverage = new Coverage();
    const discoveries: Discovery[] = [];
    for (let number = from; number < from + count; number++) {
      const procedure = procedureAt(all, seed, number);
      const played = await this.#stages.play(procedure);
      coverage.add(played, procedure.acts);
      discoveries.push(...discoveriesOf(judge(played), number));
    }
    return { from, played: count, discoveries, coverage: coverage.written() };
  }

  close(): Promise<void> {
    return this.#stages.close();
  }
}
