import { ResponseMalformed } from './response-malformed.ts';

/** Takes big-endian values off a response. [TPM2 Part 1, 5.2] */
export class TpmReader {
  #at = 0;

  constructor(private readonly data: Uint8Array) {}

  get rest(): number {
    return this.data.length - this.#at;
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    const bytes = this.take(2);
    return (bytes[0]! << 8) | bytes[1]!;
  }

  u32(): number {
    const high = this.u16();
    return high * 0x10000 + this.u16();
  }

  u64(): bigint {
    const high = BigInt(this.u32());
    return (high << 32n) | BigInt(this.u32());
  }

  /** A view of the next bytes. @throws ResponseMalformed when there are not as many. */
  take(count: number): Uint8Array {
    if (count > this.rest)
      throw new ResponseMalformed(
        `The response was to have ${count} bytes at offset ${this.#at}; it ends after ${this.rest}.`,
      );
    const part = this.data.subarray(this.#at, this.#at + count);
    this.#at += count;
    return part;
  }

  /** The bytes of a TPM2B, as bytes of their own. */
  sized(): Uint8Array {
    return this.take(this.u16()).slice();
  }

  /** As many items as the 32-bit count says that comes first. */
  list<T>(read: () => T): T[] {
    const count = this.u32();
    // Each item has at least one byte, so a count that cannot be true is refused before it takes memory.
    if (count > this.rest)
      throw new ResponseMalformed(
        `The response announces ${count} items in the ${this.rest} bytes that are left.`,
      );
    return Array.from({ length: count }, read);
  }

  /** @throws ResponseMalformed when something is left. */
  finish(): void {
    if (this.rest > 0)
      throw new ResponseMalformed(
        `The response has ${this.rest} bytes more than it should after offset ${this.#at}.`,
      );
  }
}
