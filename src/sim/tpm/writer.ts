/** Puts big-endian values one after another. */
export class ResponseWriter {
  readonly #bytes: number[] = [];

  u8(value: number): this {
    this.#bytes.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value >> 8).u8(value);
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value & 0xffff);
  }

  u64(value: bigint): this {
    return this.u32(Number(value >> 32n) >>> 0).u32(Number(value & 0xffffffffn));
  }

  bytes(bytes: Uint8Array): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  /** A size of 16 bits and the bytes. */
  sized(bytes: Uint8Array): this {
    return this.u16(bytes.length).bytes(bytes);
  }

  get length(): number {
    return this.#bytes.length;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** The bytes that `write` puts. */
export function written(write: (writer: ResponseWriter) => void): Uint8Array {
  const writer = new ResponseWriter();
  write(writer);
  return writer.done();
}
