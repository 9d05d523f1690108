import { HilError } from '../units/index.ts';

/** Signals with which a person, a terminal or a service ends a command. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Somebody pressed Ctrl-C, or ended the command. */
export class Interrupted extends HilError {
  readonly blames = 'usage';

  constructor() {
    super('Interrupted: what was running was ended, and nothing else was begun.');
  }
}

/** Notes that the command was told to end, in place of dying at once. */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #note = (): void => {
    this.#controller.abort();
  };

  constructor() {
    for (const signal of ENDING) process.on(signal, this.#note);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get came(): boolean {
    return this.signal.aborted;
  }

  stop(): void {
    for (const signal of ENDING) process.off(signal, this.#note);
  }

  /** Waits for the work, not longer than until a signal comes. @throws Interrupted */
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
