import type { BatchResult } from './batch.ts';
import type { Discovery, WrittenCoverage } from './coverage.ts';
import { Coverage } from './coverage.ts';

/** A failure, the first procedure that showed it, and the number of procedures that did. */
export interface Found extends Discovery {
  procedures: number;
}

/** What an exploration has found until now. */
export class FoundSoFar {
  played = 0;
  readonly #found = new Map<string, Found>();
  readonly #coverage = new Coverage();

  add({ played, discoveries, coverage }: BatchResult): void {
    this.played += played;
    this.#coverage.merge(coverage);
    for (const discovery of discoveries) {
      const known = this.#found.get(discovery.signature);
      if (known === undefined) this.#found.set(discovery.signature, { ...discovery, procedures: 1 });
      else known.procedures++;
    }
  }

  /** Each failure once, in the order in which they were found. */
  get failures(): readonly Found[] {
    return [...this.#found.values()];
  }

  get coverage(): WrittenCoverage {
    return this.#coverage.written();
  }
}
