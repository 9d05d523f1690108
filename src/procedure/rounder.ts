/** Digits after which a time is as exact as it was written. */
const MAX_DIGITS = 6;

/**
 * Values to try in the place of a time, the best first: nothing at all, then the times with one digit that lie next to it,
 * the shorter one first, then those with two digits, and so on. None is the time itself.
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
