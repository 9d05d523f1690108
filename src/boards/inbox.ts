const FIRST_SIZE = 4096;

/** Bytes that have come and are not taken yet, in one piece of memory that grows with them. */
export class Inbox {
  #bytes = Buffer.alloc(FIRST_SIZE);
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#to - this.#from;
  }

  add(bytes: Uint8Array): void {
    if (this.#to + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** The first `size` bytes, which stay. They are valid until the next `add`. */
  peek(size = this.length): Buffer {
    return this.#bytes.subarray(this.#from, this.#from + size);
  }

  drop(size: number): void {
    this.#from += size;
  }

  #makeRoom(more: number): void {
    const needed = this.length + more;
    const grown = needed * 2 > this.#bytes.length ? Buffer.alloc(needed * 2) : this.#bytes;
    grown.set(this.peek(), 0);
    [this.#to, this.#from, this.#bytes] = [this.length, 0, grown];
  }
}
