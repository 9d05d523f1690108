import type { BusLock } from '../../board/index.ts';
import type { VirtualClock } from '../../sim/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { BEGINNING, between, later } from '../../units/index.ts';
import { FifoBusLock } from '../bus-lock.ts';

/** The bus that the H1 shares with another device, whose driver may hold it for a while. */
export class SimBus implements BusLock {
  #lock = new FifoBusLock();
  #heldUntil: Instant = BEGINNING;

  constructor(private readonly clock: VirtualClock) {}

  /** The other device holds the bus from now on, for this time. */
  holdFor(time: Duration): void {
    this.#heldUntil = later(this.clock.now(), time);
  }

  /** The bus is free again. */
  renew(): void {
    this.#lock = new FifoBusLock();
    this.#heldUntil = BEGINNING;
  }

  acquire(): Promise<() => void> | (() => void) {
    return this.clock.now() < this.#heldUntil ? this.#acquireLater() : this.#lock.acquire();
  }

  async #acquireLater(): Promise<() => void> {
    const giveBack = await this.#lock.acquire();
    const now = this.clock.now();
    if (now < this.#heldUntil) await this.clock.sleep(between(now, this.#heldUntil));
    return giveBack;
  }
}
