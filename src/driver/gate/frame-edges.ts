import type { Clock, EdgeWatch } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { BEGINNING, between, earlier, later } from '../../units/index.ts';
import type { ReadyEvidence } from './ready-evidence.ts';
import type { Work } from '../work.ts';
import { waited } from '../work.ts';

/** Believes only an edge later than the end of the last frame; one that came earlier belongs to something else. */
export class FrameEdges implements ReadyEvidence {
  #isSeen = false;
  #end: Instant = BEGINNING;
  /** Edges taken for the last frame, and those of older frames that may still be in the queue. */
  #taken = 0;
  #owed = 0;
  #extra = 0;

  constructor(
    private readonly clock: Clock,
    private readonly watch: EdgeWatch,
    /** How far a stamp may be from its edge. */
    private readonly uncertainty: Duration,
  ) {}

  get isSeen(): boolean {
    return this.#isSeen;
  }

  get extra(): number {
    return this.#extra;
  }

  take(): boolean {
    for (let edge = this.watch.take(); edge !== undefined; edge = this.watch.take())
      if (this.#believes(edge)) return true;
    return false;
  }

  *wait(limit: Duration): Work<boolean> {
    const deadline = later(this.clock.now(), limit);
    for (let left = limit; ; left = between(this.clock.now(), deadline)) {
      const edge = yield* waited(this.watch.next(left));
      if (edge === undefined) return false;
      if (this.#believes(edge)) return true;
    }
  }

  frameEnded(_data: Instant, end: Instant): void {
    this.#beginAfter(end);
  }

  frameFailed(end: Instant): void {
    this.#beginAfter(end);
  }

  /** Only edges after `end` count from now on. A frame whose pulse was not seen yet may still have it in the queue. */
  #beginAfter(end: Instant): void {
    this.#owed = this.#taken === 0 ? 1 : 0;
    this.#taken = 0;
    this.#end = earlier(end, this.uncertainty);
  }

  forget(): void {
    while (this.watch.take() !== undefined);
    this.#end = this.clock.now();
    this.#taken = 0;
    this.#owed = 1;
  }

  close(): void {
    this.watch.close();
  }

  #believes(edge: Instant): boolean {
    if (edge > this.#end) {
      this.#isSeen = true;
      this.#taken++;
      return true;
    }
    if (this.#owed > 0) this.#owed--;
    else this.#extra++;
    return false;
  }
}
