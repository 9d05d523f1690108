import type { FrameRange } from '../../board/index.ts';

/** Counts the items of a series from `since` on, and tells which of them a fault covers. */
export class FaultCounter {
  readonly #first: number;
  readonly #end: number;

  constructor(range: FrameRange | undefined, since: number) {
    this.#first = since + (range?.from ?? 0);
    this.#end = this.#first + (range?.count ?? Infinity);
  }

  covers(index: number): boolean {
    return index >= this.#first && index < this.#end;
  }
}
