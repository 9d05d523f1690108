/** Bytes, most significant first, as a number. */
export const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);

/** A number as exactly `size` bytes. */
export const toBytes = (value: bigint, size: number): Uint8Array =>
  Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');

/** The remainder that is never negative. */
export const modulo = (value: bigint, n: bigint): bigint => ((value % n) + n) % n;

/** `base` to the power of `exponent`, modulo `n`. */
export function power(base: bigint, exponent: bigint, n: bigint): bigint {
  let result = 1n;
  let square = modulo(base, n);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % n;
    square = (square * square) % n;
  }
  return result;
}

/** The inverse of `value` modulo `n`, which has no factor in common with it. */
export function inverse(value: bigint, n: bigint): bigint {
  let [a, b, x, y] = [modulo(value, n), n, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return modulo(x, n);
}
