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
    this.#controller.abort(new Interrupted());
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

  /** Why what is under way is ended, when no person has asked for that. */
  get cause(): Error | undefined {
    const { reason } = this.signal as { readonly reason: unknown };
    return reason instanceof Interrupted || !(reason instanceof Error) ? undefined : reason;
  }

  /** Ends what is under way as a signal does, for another cause. */
  end(cause: unknown): void {
    this.#controller.abort(cause);
  }

  stop(): void {
    for (const signal of ENDING) process.off(signal, this.#note);
  }

  /** Waits until the work is done or a signal comes. @throws Interrupted when a signal came first, or the cause of the end. */
  async unless<T>(work: Promise<T>): Promise<T> {
    if (this.came) throw this.cause ?? new Interrupted();
    let onAbort: () => void = () => undefined;
    const interruption = new Promise<never>((_, reject) => {
      onAbort = () => {
        reject(this.cause ?? new Interrupted());
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
