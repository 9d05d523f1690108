import type { BusLock } from '../board/index.ts';

/** Exclusive use in the order of asking. Giving back twice is harmless. */
export class FifoBusLock implements BusLock {
  #last: Promise<void> = Promise.resolve();
  #isHeld = false;
  #waiting = 0;

  get isHeld(): boolean {
    return this.#isHeld;
  }

  async acquire(): Promise<() => void> {
    let giveBack: () => void = () => undefined;
    const before = this.#last;
    this.#last = new Promise((resolve) => {
      giveBack = () => {
        this.#isHeld = this.#waiting > 0;
        resolve();
      };
    });
    this.#waiting++;
    await before;
    this.#waiting--;
    this.#isHeld = true;
    return giveBack;
  }
}
