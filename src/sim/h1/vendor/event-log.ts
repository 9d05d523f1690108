/** The first time stamp of a log in which nothing was ever written. [EC flash_log] */
const FIRST = 1;

/** The clock of the chip's event log; nothing on a bench writes an event into it. [CHIP 5.2] */
export class EventLog {
  #base = FIRST;

  constructor(private readonly upTimeS: () => number) {}

  /** Seconds: the host's, once it has told them. */
  get timestamp(): number {
    return (this.#base + this.upTimeS()) >>> 0;
  }

  /** The firmware starts: what the host told is gone. */
  restart(): void {
    this.#base = FIRST;
  }

  /** False when `timestamp` is not later than that of the last event, of which there is none. */
  setTimestamp(timestamp: number): boolean {
    if (timestamp === 0) return false;
    this.#base = timestamp - this.upTimeS();
    return true;
  }
}
