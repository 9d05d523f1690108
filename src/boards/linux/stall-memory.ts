/** Frames in a row whose stall was seen whole before one is guessed. */
const ENOUGH = 16;
/** Frames in a row after which another wait byte than was ever needed is no longer clocked to be safe. */
const PLENTY = 256;
/** More wait bytes than this cost more time than the call to the kernel that they save. */
const MOST_GUESSED = 16;

/** How long the chip stalled on this device so far, in wait bytes, the ready byte included. */
export class StallMemory {
  #fewest: number | undefined;
  #most = 0;
  #inARow = 0;

  /** What every frame has needed; at least one, since a poll clocks one. */
  get fewest(): number {
    return this.#fewest ?? 1;
  }

  /**
   * What any frame has needed, and one more until so many have been seen that one in hundreds at most will need it;
   * undefined while too little is known, or the chip stalls too long for guessing.
   */
  get guess(): number | undefined {
    if (this.#inARow < ENOUGH) return undefined;
    return this.#inARow < PLENTY ? this.#most + 1 : this.#most;
  }

  saw(polled: number): void {
    this.#fewest = Math.min(polled, this.#fewest ?? polled);
    // A chip that writes its flash stalls for long, and seldom: that is waited for, not reckoned with.
    if (polled > MOST_GUESSED) {
      this.#inARow = 0;
      return;
    }
    this.#most = Math.max(polled, this.#most);
    this.#inARow++;
  }

  /** A guess was too low: by how much is known when the ready byte came all the same. */
  missed(polled: number | undefined): void {
    if (polled !== undefined) this.saw(polled);
    this.#inARow = 0;
  }
}
