/**
 * To be waited for when a mutex was handed over: who waited goes on first, as on another processor of the host.
 * [BUGS K-23]
 */
export const HANDED_OVER = Promise.resolve();

/** One holder at a time, served in order. Taking a free one needs no wait. */
export class Mutex {
  #isHeld = false;
  readonly #waiters: (() => void)[] = [];

  get isHeld(): boolean {
    return this.#isHeld;
  }

  tryAcquire(): boolean {
    if (this.#isHeld) return false;
    this.#isHeld = true;
    return true;
  }

  /** Undefined when the mutex was free and is now the caller's. */
  acquire(): Promise<void> | undefined {
    if (this.tryAcquire()) return undefined;
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  /** Returns whether somebody waited, who holds it now: then the caller yields HANDED_OVER. */
  release(): boolean {
    const next = this.#waiters.shift();
    if (next) next();
    else this.#isHeld = false;
    return next !== undefined;
  }
}
