import { RC, Refusal } from './codes.ts';

/** Takes big-endian values off a command, one after another. */
export class CommandReader {
  #at = 0;
  /** The response code for data that end too early: it blames what is being read. */
  #short: number = RC.insufficient;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly end = bytes.length,
  ) {}

  get rest(): number {
    return this.end - this.#at;
  }

  /** From now on data that end too early are blamed so. */
  blame(code: number): void {
    this.#short = code;
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    const [a, b] = this.take(2);
    return (a! << 8) | b!;
  }

  u32(): number {
    const [a, b, c, d] = this.take(4);
    return ((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0;
  }

  take(count: number): Uint8Array {
    if (count > this.rest) throw new Refusal(this.#short);
    const part = this.bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return part;
  }

  /** @throws Refusal TPM_RC_SIZE when the command has more than was read. Called before a command acts. */
  finish(): void {
    if (this.rest > 0) throw new Refusal(RC.size);
  }

  /** A reader of the next `count` bytes alone. */
  part(count: number): CommandReader {
    return new CommandReader(this.take(count));
  }
}
