import { Worker } from 'node:worker_threads';

const TURNS = 0;
const FRAMES = 1;
const TITLE_LENGTH = 2;
const TITLE_BYTES = 1024;
const BEAT_MS = 100;

/** When the watchdog ends a process; all limits in milliseconds. */
export interface WatchdogLimits {
  /** The main thread may be busy this long without a turn of its event loop and without a frame. */
  readonly turnLimitMs: number;
  /** The main thread may drive frames this long without a turn of its event loop. */
  readonly frameLimitMs: number;
  /** How long a process may go on after the process that started it has ended. */
  readonly orphanLimitMs: number;
}

/** Long enough for the slowest single call of any board, short enough for a night of a thousand tests. */
const LIMITS: WatchdogLimits = { turnLimitMs: 20_000, frameLimitMs: 90_000, orphanLimitMs: 5_000 };

/**
 * Ends this process when its main thread hangs: no timeout of the test runner fires in a loop that never yields. A
 * thread of its own watches the beats, says on stderr which test hung, and kills the process; the runner reports a
 * crashed worker and goes on in a new one. A process whose runner was killed is ended too: nobody else would.
 */
export class Watchdog {
  readonly #beats = new SharedArrayBuffer(16);
  readonly #counters = new Int32Array(this.#beats);
  readonly #title = new SharedArrayBuffer(TITLE_BYTES);
  readonly #thread: Worker;
  readonly #timer: NodeJS.Timeout;

  constructor(limits: WatchdogLimits = LIMITS) {
    this.#thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
      workerData: { beats: this.#beats, title: this.#title, runner: process.ppid, ...limits },
      execArgv: [],
    });
    this.#thread.unref();
    this.#timer = setInterval(() => Atomics.add(this.#counters, TURNS, 1), BEAT_MS);
    this.#timer.unref();
  }

  /** A frame went over the bus: the main thread may be busy, but it is not stuck. */
  readonly frame = (): void => {
    this.#counters[FRAMES]!++;
  };

  /** What is being watched, for the diagnosis. */
  name(title: string): void {
    const bytes = Buffer.from(title).subarray(0, TITLE_BYTES);
    new Uint8Array(this.#title).set(bytes);
    Atomics.store(this.#counters, TITLE_LENGTH, bytes.length);
    Atomics.add(this.#counters, TURNS, 1);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#thread.terminate();
  }
}
