/** A file or a part of one, piece by piece. A piece is a view that is valid until the next one. */
export type Chunks = Iterable<Uint8Array>;
