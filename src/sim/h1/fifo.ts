/** Size of the buffer for a command or a response, in bytes. [CHIP 4.3, 5.1] */
export const FIFO_SIZE = 2048;

/** TPM_DATA_FIFO's one buffer for command and response, with its two pointers. [CHIP 4.3, 5.1] */
export class Fifo {
  readonly bytes = new Uint8Array(FIFO_SIZE);
  #written = 0;
  #read = 0;

  get written(): number {
    return this.#written;
  }

  get isEmpty(): boolean {
    return this.#written === this.#read;
  }

  /** The chip subtracts without a sign: after an overrun that follows a read this is a very large number. */
  get left(): number {
    return (this.#written - this.#read) >>> 0;
  }

  clear(): void {
    this.#written = 0;
    this.#read = 0;
  }

  /** Empties the command, leaving the read pointer where it is: what the chip does on overrun. */
  dropWritten(): void {
    this.#written = 0;
  }

  rewind(): void {
    this.#read = 0;
  }

  hasRoomFor(size: number): boolean {
    return this.#written + size <= FIFO_SIZE;
  }

  append(from: Uint8Array, at: number, size: number): void {
    for (let i = 0; i < size; i++) this.bytes[this.#written++] = from[at + i]!;
  }

  /** The size field of the command so far; undefined until its six bytes are there. */
  get commandSize(): number | undefined {
    if (this.#written < 6) return undefined;
    const { bytes } = this;
    return ((bytes[2]! << 24) | (bytes[3]! << 16) | (bytes[4]! << 8) | bytes[5]!) >>> 0;
  }

  /** Bytes 6 to 9, whatever they are. */
  get commandCode(): number {
    const { bytes } = this;
    return ((bytes[6]! << 24) | (bytes[7]! << 16) | (bytes[8]! << 8) | bytes[9]!) >>> 0;
  }

  command(): Uint8Array {
    return this.bytes.slice(0, this.#written);
  }

  putResponse(response: Uint8Array): void {
    this.bytes.set(response);
    this.#read = 0;
    this.#written = response.length;
  }

  /** Copies what is left, at most `size` bytes; the rest of `into` keeps its old bytes. */
  take(into: Uint8Array, at: number, size: number): void {
    const count = Math.min(size, this.left);
    for (let i = 0; i < count; i++) into[at + i] = this.bytes[(this.#read + i) % FIFO_SIZE]!;
    this.#read += count;
  }
}
