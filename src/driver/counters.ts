import type { SpiRecord } from '../board/index.ts';

/** What a driver did since it was made; see DriverCounters for what each number counts. [DRIVER 5] */
export class Counters {
  accesses = 0;
  wakePulses = 0;
  waitBytes = 0;
  readonly readyWaits = { hit: 0, timeout: 0, skipped: 0 };
  /** Resets of the ready count: one for each frame that reached its data. */
  readyResets = 0;
  commands = 0;
  readonly errors = new Map<number, number>();

  countFrame(record: SpiRecord): void {
    this.waitBytes += record.polled;
    this.readyResets++;
  }

  countError(errno: number): void {
    this.errors.set(errno, (this.errors.get(errno) ?? 0) + 1);
  }
}
