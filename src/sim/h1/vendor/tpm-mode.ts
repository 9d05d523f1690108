import type { Answer } from './handler.ts';
import { answer, refuse } from './handler.ts';
import { VENDOR_RC } from './codes.ts';

const MODE = { tentative: 0, enabled: 1, disabled: 2 } as const;

/** Whether the TPM serves until the chip reboots; decided once after each TPM reset. [CHIP 5.2] */
export class TpmMode {
  #mode: number = MODE.tentative;

  constructor(private readonly disable: () => void) {}

  get isDisabled(): boolean {
    return this.#mode === MODE.disabled;
  }

  /** The TPM was reset, and RAM of its library cleared. [CHIP 6] */
  reset(): void {
    this.#mode = MODE.tentative;
  }

  handle(payload: Uint8Array): Answer {
    if (payload.length > 1) return refuse(VENDOR_RC.notAllowed);
    const [wanted] = payload;
    if (wanted === undefined) return answer(Uint8Array.of(this.#mode));
    if (this.#mode !== MODE.tentative) return refuse(VENDOR_RC.notAllowed);
    if (wanted !== MODE.enabled && wanted !== MODE.disabled) return refuse(VENDOR_RC.noSuchSubcommand);
    this.#mode = wanted;
    const made = answer(Uint8Array.of(wanted));
    return wanted === MODE.disabled ? { ...made, effect: this.disable } : made;
  }
}
