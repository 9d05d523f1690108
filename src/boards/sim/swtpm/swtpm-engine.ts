import type { TpmEngine } from '../../../sim/index.ts';
import type { SwtpmOptions } from './swtpm-process.ts';
import { SwtpmProcess } from './swtpm-process.ts';

/** [CHIP 5.1] Answers to a header that the library does not take: its tag, and its size field. */
const BAD_TAG = Uint8Array.of(0x00, 0xc4, 0, 0, 0, 0x0a, 0, 0, 0x00, 0x1e);
const COMMAND_SIZE = Uint8Array.of(0x80, 0x01, 0, 0, 0, 0x0a, 0, 0, 0x01, 0x42);
const MAX_COMMAND_SIZE = 2048;
const HEADER_SIZE = 10;

/**
 * Debian's swtpm, which has more commands than any H1: what a release has stands in front of it. Its virtual time is still the chip's, but what it says is not decided by
 * the seed: random bytes, keys, proofs, nonces, signatures with salt, and its own clock come from the host.
 */
export class SwtpmEngine implements TpmEngine {
  readonly #swtpm: SwtpmProcess;

  /** @throws LabFailure when swtpm is missing or does not start. */
  constructor(options: SwtpmOptions = {}) {
    this.#swtpm = new SwtpmProcess(options);
  }

  get processId(): number {
    return this.#swtpm.processId;
  }

  /** Headers are judged here: swtpm waits for the bytes that a header promises. */
  execute(command: Uint8Array): Uint8Array {
    return refusalOf(command) ?? this.#swtpm.execute(command);
  }

  reset(): void {
    this.#swtpm.init();
  }

  powerCycle(): void {
    this.#swtpm.init();
  }

  /** Forgets everything, as a chip that has just been made; a state folder is kept. */
  renew(): void {
    this.#swtpm.renew();
  }

  close(): void {
    this.#swtpm.close();
  }
}

function refusalOf(command: Uint8Array): Uint8Array | undefined {
  const view = new DataView(command.buffer, command.byteOffset, command.length);
  if (command.length < 2) return COMMAND_SIZE.slice();
  const tag = view.getUint16(0);
  if (tag !== 0x8001 && tag !== 0x8002) return BAD_TAG.slice();
  const isWhole =
    command.length >= HEADER_SIZE &&
    command.length <= MAX_COMMAND_SIZE &&
    view.getUint32(2) === command.length;
  return isWhole ? undefined : COMMAND_SIZE.slice();
}
