import type { Instant } from '../../units/index.ts';
import { ACCESS, STS, TPM_ACCESS, TPM_STS } from '../../wire/index.ts';
import type { Access } from './access.ts';
import type { CommandOutcome } from './command.ts';
import { TpmExchange } from './command.ts';

/** The chip's buffer, for the command and for the response, has 2048 bytes; a wrong trace may show more. [CHIP 5.1] */
const MAX_BYTES = 4096;
const NEVER = NaN as Instant;

/** Puts FIFO and status accesses together to commands and responses. */
export class CommandAssembler {
  readonly #command = new Uint8Array(MAX_BYTES);
  readonly #response = new Uint8Array(MAX_BYTES);
  #commandLength = 0;
  #responseLength = 0;
  #lost = 0;
  #begun = NEVER;
  #go = NEVER;
  #available = NEVER;
  #ended = NEVER;
  #polls = 0;
  #count = 0;

  constructor(private readonly found: (exchange: TpmExchange) => void) {}

  access(access: Access): void {
    if (access.dataLength === 0 || !access.isHeeded) return;
    const { offset } = access;
    if (access.isFifo) this.#fifo(access);
    else if (offset === TPM_STS) this.#status(access);
    else if (offset === TPM_ACCESS && access.direction === 'write' && access.value === ACCESS.activeLocality)
      this.#close(false);
  }

  /** The chip lost its state, or the trace ended inside a command. */
  end(isOpen: boolean): void {
    this.#close(isOpen);
  }

  /** When the command that is not yet over began; NaN when there is none. */
  get begun(): Instant {
    return this.#begun;
  }

  get #hasStarted(): boolean {
    return !Number.isNaN(this.#go);
  }

  #fifo(access: Access): void {
    const isWrite = access.direction === 'write';
    if (!isWrite && !this.#hasStarted) return;
    if (isWrite) {
      // A command that follows a response without commandReady is not taken by the chip, but it is on the wire.
      if (this.#hasStarted && this.#responseLength > 0) this.#close(false);
      if (this.#commandLength === 0) this.#begun = access.fall;
      this.#commandLength = this.#append(this.#command, this.#commandLength, access.data);
    } else this.#responseLength = this.#append(this.#response, this.#responseLength, access.data);
    this.#ended = access.rise;
  }

  #append(into: Uint8Array, length: number, data: Uint8Array): number {
    const fits = Math.min(data.length, MAX_BYTES - length);
    for (let i = 0; i < fits; i++) into[length + i] = data[i]!;
    this.#lost += data.length - fits;
    return length + fits;
  }

  #status(access: Access): void {
    if (access.direction === 'read') {
      if (!this.#hasStarted || !Number.isNaN(this.#available)) return;
      this.#polls++;
      if ((access.value & STS.dataAvail) !== 0) this.#available = access.fall;
      return;
    }
    switch (access.value) {
      case STS.commandReady:
        this.#close(false);
        break;
      case STS.tpmGo:
        if (this.#hasStarted || this.#commandLength === 0) break;
        this.#go = access.rise;
        this.#ended = access.rise;
        break;
      case STS.responseRetry:
        this.#responseLength = 0;
        break;
    }
  }

  #close(isOpen: boolean): void {
    if (this.#commandLength > 0) this.found(this.#exchange(isOpen));
    this.#commandLength = 0;
    this.#responseLength = 0;
    this.#lost = 0;
    this.#begun = this.#go = this.#available = this.#ended = NEVER;
    this.#polls = 0;
  }

  #exchange(isOpen: boolean): TpmExchange {
    const response = this.#response.slice(0, this.#responseLength);
    return new TpmExchange({
      index: this.#count++,
      command: this.#command.slice(0, this.#commandLength),
      response,
      outcome: this.#outcome(response, isOpen),
      begun: this.#begun,
      go: this.#go,
      available: this.#available,
      ended: this.#ended,
      polls: this.#polls,
      lost: this.#lost,
    });
  }

  #outcome(response: Uint8Array, isOpen: boolean): CommandOutcome {
    const size = response.length < 6 ? Infinity : new DataView(response.buffer).getUint32(2);
    if (this.#responseLength >= size) return 'answered';
    if (isOpen) return 'open';
    if (!this.#hasStarted) return 'not-started';
    return response.length > 0 ? 'partly-read' : 'unanswered';
  }
}
