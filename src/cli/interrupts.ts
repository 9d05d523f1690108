import { HilError } from '../units/index.ts';

/** Signals with which a person, a terminal or a service ends a command. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The user pressed Ctrl-C, or something else ended the command. */
export class Interrupted extends HilError {
  readonly blames = 'usage';

  constructor() {
    super('Interrupted: what was running was ended, and nothing else was begun.');
  }
}

/** Notes signals that end a command. The process does not die at once, so it can leave the rig safe. */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #note = (): void => {
    this.#controller.abort();
  };

  constructor() {
    for (const signal of ENDING) process.on(signal, this.#note);
  }

  /** Becomes aborted at the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get came(): boolean {
    return this.signal.aborted;
  }

  stop(): void {
    for (const signal of ENDING) process.off(signal, this.#note);
  }

  /** Waits until the work is done or a signal comes. @throws Interrupted when a signal came first. */
  async unless<T>(work: Promise<T>): Promise<T> {
    if (this.came) throw new Interrupted();
    let onAbort: () => void = () => undefined;
    const interruption = new Promise<never>((_, reject) => {
      onAbort = () => {
        reject(new Interrupted());
      };
      this.signal.addEventListener('abort', onAbort);
    });
    try {
      return await Promise.race([work, interruption]);
    } finally {
      this.signal.removeEventListener('abort', onAbort);
    }
  }
}
