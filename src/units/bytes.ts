/** A copy with memory of its own, and no Buffer: the `slice` of a Buffer shares its memory. */
export const copyOf = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);
