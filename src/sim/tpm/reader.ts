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
    return this.bytes[this.#pass(1)]!;
  }

  u16(): number {
    const { bytes } = this;
    const at = this.#pass(2);
    return (bytes[at]! << 8) | bytes[at + 1]!;
  }

  u32(): number {
    const { bytes } = this;
    const at = this.#pass(4);
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  take(count: number): Uint8Array {
    const at = this.#pass(count);
    return this.bytes.subarray(at, at + count);
  }

  /** @throws Refusal TPM_RC_SIZE when the command has more than was read. Called before a command acts. */
  finish(): void {
    if (this.rest > 0) throw new Refusal(RC.size);
  }

  /** A reader of the next `count` bytes alone. */
  part(count: number): CommandReader {
    return new CommandReader(this.take(count));
  }

  /** Where the next `count` bytes begin, which are behind the reader now. */
  #pass(count: number): number {
    if (count > this.rest) throw new Refusal(this.#short);
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
