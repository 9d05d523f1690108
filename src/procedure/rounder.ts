/** Maximum number of digits to try. With more, a time is as exact as it was written. */
const MAX_DIGITS = 6;

/**
 * Values to try in the place of a time, the best first: zero, then the two nearest times with one digit, the shorter
 * one first, then those with two digits, and so on. The time itself is not among them.
 */
export function rounder(time: number): number[] {
  if (time === 0) return [];
  const values = new Set([0]);
  for (let digits = 1; digits <= MAX_DIGITS; digits++) {
    const unit = 10 ** (Math.floor(Math.log10(time)) - digits + 1);
    for (const near of [Math.floor(time / unit), Math.ceil(time / unit)]) {
      const value = Number((near * unit).toPrecision(digits + 1));
      if (value === time) return [...values];
      values.add(value);
    }
  }
  return [...values];
}
