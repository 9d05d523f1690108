import type { Clock, EdgeWatch } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { BEGINNING, between, later } from '../../units/index.ts';
import type { ReadyEvidence } from './ready-evidence.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/**
 * The kernel's completion: every edge adds one, a wait takes one, and the data phase of a frame sets it back to 0,
 * whichever frame the edges belonged to. [DRIVER 0] [DRIVER 1.7] [BUGS L-16]
 */
export class Completion implements ReadyEvidence {
  readonly extra = 0;
  #count = 0;
  #isSeen = false;
  #resetAt: Instant = BEGINNING;

  constructor(
    private readonly clock: Clock,
    private readonly watch: EdgeWatch,
  ) {}

  get isSeen(): boolean {
    this.#drain();
    return this.#isSeen;
  }

  /** Edges counted and not yet taken. */
  get count(): number {
    this.#drain();
    return this.#count;
  }

  take(): boolean {
    this.#drain();
    if (this.#count === 0) return false;
    this.#count--;
    return true;
  }

  *wait(limit: Duration): Work<boolean> {
    const deadline = later(this.clock.now(), limit);
    for (let left = limit; !this.take(); left = between(this.clock.now(), deadline)) {
      const edge = yield* waited(this.watch.next(left));
      if (edge === undefined) return false;
      this.#see(edge);
    }
    return true;
  }

  frameEnded(data: Instant): void {
    this.#count = 0;
    this.#resetAt = data;
  }

  frameFailed(): void {
    // The count is left as it is. [BUGS L-17]
  }

  forget(): void {
    this.#drain();
    this.#count = 0;
  }

  close(): void {
    this.watch.close();
  }

  #drain(): void {
    for (let edge = this.watch.take(); edge !== undefined; edge = this.watch.take()) this.#see(edge);
  }

  #see(edge: Instant): void {
    this.#isSeen = true;
    if (edge > this.#resetAt) this.#count++;
  }
}
