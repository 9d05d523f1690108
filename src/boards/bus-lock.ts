import type { BusLock } from '../board/index.ts';

/** Gives the bus in the order of the requests. Giving it back twice does no harm. */
export class FifoBusLock implements BusLock {
  #isHeld = false;
  readonly #waiting: (() => void)[] = [];

  acquire(): Promise<() => void> | (() => void) {
    if (this.#isHeld)
      return new Promise((resolve) => {
        this.#waiting.push(() => {
          resolve(this.#beginTurn());
        });
      });
    this.#isHeld = true;
    return this.#beginTurn();
  }

  #beginTurn(): () => void {
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#endTurn();
    };
  }

  #endTurn(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isHeld = false;
  }
}
