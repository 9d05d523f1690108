/** Frames in a row whose stall was seen whole before one is guessed. */
const ENOUGH = 16;
/** After this many frames in a row a guess no longer adds one wait byte for safety. */
const PLENTY = 256;
/** More wait bytes than this cost more time than the call to the kernel that they save. */
const MAX_GUESSED = 16;

/** How long the chip stalled on this device so far, in wait bytes, the ready byte included. */
export class StallMemory {
  #fewest: number | undefined;
  #most = 0;
  #inARow = 0;

  /** The fewest wait bytes that a frame has needed; at least one, since a poll clocks one. */
  get fewest(): number {
    return this.#fewest ?? 1;
  }

  /**
   * Wait bytes to clock with the header: the most that any frame has needed, plus one until PLENTY frames were seen.
   * Undefined while fewer than ENOUGH frames were seen, or while the chip stalls too long for guessing.
   */
  get guess(): number | undefined {
    if (this.#inARow < ENOUGH) return undefined;
    return this.#inARow < PLENTY ? this.#most + 1 : this.#most;
  }

  saw(polled: number): void {
    this.#fewest = Math.min(polled, this.#fewest ?? polled);
    // A chip that writes its flash stalls rarely and long. Such a stall is polled to its end, not guessed.
    if (polled > MAX_GUESSED) {
      this.#inARow = 0;
      return;
    }
    this.#most = Math.max(polled, this.#most);
    this.#inARow++;
  }

  /** A guess was too low. `polled` is the stall where the ready byte came within the frame. */
  missed(polled: number | undefined): void {
    if (polled !== undefined) this.saw(polled);
    this.#inARow = 0;
  }
}
