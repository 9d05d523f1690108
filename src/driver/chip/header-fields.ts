/** Single header fields of a command or response, for a path on which nothing else is read of it. [DRIVER 3.2] */
export const tagOf = (bytes: Uint8Array): number => (bytes[0]! << 8) | bytes[1]!;

/** Command code, or response code. */
export const codeOf = (bytes: Uint8Array): number =>
  ((bytes[6]! << 24) | (bytes[7]! << 16) | (bytes[8]! << 8) | bytes[9]!) >>> 0;
