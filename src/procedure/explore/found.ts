import type { BatchResult } from './batch.ts';
import type { Discovery, WrittenCoverage } from './coverage.ts';
import { Coverage } from './coverage.ts';

/** One failure, the first procedure that showed it, and how many did. */
export interface Found extends Discovery {
  procedures: number;
}

/** What exploring came to until now. */
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

  /** Each failure once, the one that was found first before the others. */
  get failures(): readonly Found[] {
    return [...this.#found.values()];
  }

  get coverage(): WrittenCoverage {
    return this.#coverage.written();
  }
}
