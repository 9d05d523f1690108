import type { BusLock } from '../board/index.ts';

/** Exclusive use in the order of asking. Giving back twice is harmless. */
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
