import { demand, RC } from './codes.ts';

/** Takes big-endian values off a command, one after another. @throws Refusal TPM_RC_INSUFFICIENT when they end. */
export class CommandReader {
  #at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly end = bytes.length,
  ) {}

  get rest(): number {
    return this.end - this.#at;
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

  u64(): bigint {
    const high = BigInt(this.u32());
    return (high << 32n) | BigInt(this.u32());
  }

  take(count: number): Uint8Array {
    const at = this.#pass(count);
    return this.bytes.subarray(at, at + count);
  }

  /** A size of 16 bits and that many bytes, at most `most`: a larger size is TPM_RC_SIZE. */
  sized(most: number): Uint8Array {
    const size = this.u16();
    demand(size <= most, RC.size);
    return this.take(size);
  }

  /** A size of 16 bits, then a structure that has to fill it exactly; 0 is TPM_RC_SIZE. */
  boxed<T>(read: (reader: this) => T): T {
    const size = this.u16();
    demand(size > 0, RC.size);
    const before = this.rest;
    const value = read(this);
    demand(before - this.rest === size, RC.size);
    return value;
  }

  /** @throws Refusal TPM_RC_SIZE when the command has more than was read. Called before a command acts. */
  finish(): void {
    demand(this.rest === 0, RC.size);
  }

  /** A reader of the next `count` bytes alone. */
  part(count: number): CommandReader {
    return new CommandReader(this.take(count));
  }

  /** What is left, without taking it. */
  peek(): Uint8Array {
    return this.bytes.subarray(this.#at, this.end);
  }

  /** Where the next `count` bytes begin, which are behind the reader now. */
  #pass(count: number): number {
    demand(count <= this.rest, RC.insufficient);
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
