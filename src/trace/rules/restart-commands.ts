import { STS, TPM_DATA_FIFO, TPM_STS } from '../../wire/index.ts';
import type { Access } from '../decode/access.ts';

/** The command code of vendor commands, and the one they had before. [CHIP 5.2] */
const VENDOR = [0x20000000, 0xbaccd00a];
/** POST_RESET, IMMEDIATE_RESET, TURN_UPDATE_ON: the chip restarts once it has answered. [CHIP 5.2] [CHIP 5.3] */
const RESTARTING = [7, 19, 24];
const ENOUGH = 12;

/** Tells of every command that makes the chip restart. */
export class RestartCommands {
  readonly #head = new Uint8Array(ENOUGH);
  #length = 0;

  constructor(private readonly found: () => void) {}

  access(access: Access): void {
    if (access.direction !== 'write') return;
    if (access.register === TPM_DATA_FIFO) this.#append(access.data);
    else if (access.register === TPM_STS) this.#status(access.value);
  }

  #append(data: Uint8Array): void {
    const part = data.subarray(0, ENOUGH - this.#length);
    this.#head.set(part, this.#length);
    this.#length += part.length;
  }

  #status(value: number): void {
    const view = new DataView(this.#head.buffer);
    if (value === STS.tpmGo && this.#length === ENOUGH && VENDOR.includes(view.getUint32(6)))
      if (RESTARTING.includes(view.getUint16(10))) this.found();
    this.#length = 0;
  }
}
