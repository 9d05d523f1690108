import type { TpmExchange } from '../../trace/index.ts';
import type { OwnResponse } from './compare.ts';

/**
 * The captured responses, in their order. They stand in for the TPM library of a simulated chip, which knows nothing of
 * what the captured one had stored.
 */
export class CapturedAnswers {
  readonly given: OwnResponse[] = [];
  readonly #waiting: readonly TpmExchange[];
  #next = 0;
  #isOn = false;

  constructor(commands: readonly TpmExchange[]) {
    this.#waiting = commands.filter(({ outcome }) => outcome === 'answered');
  }

  /** From now on commands are answered as they were in the capture. */
  begin(): void {
    this.#isOn = true;
  }

  /** The captured response to the next such command; undefined for a command that the capture does not have. */
  instead = (command: Uint8Array, own: Uint8Array): Uint8Array | undefined => {
    if (!this.#isOn) return undefined;
    const at = this.#waiting.findIndex(
      (one, index) => index >= this.#next && Buffer.compare(one.command, command) === 0,
    );
    if (at < 0) return undefined;
    this.#next = at + 1;
    const captured = this.#waiting[at]!.response.slice();
    this.given.push({ command, captured, own: own.slice() });
    return captured;
  };
}
