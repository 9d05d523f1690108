declare const brand: unique symbol;

/** A span of time in whole nanoseconds. */
export type Duration = number & { readonly [brand]: 'Duration' };

/** A moment on one clock, in whole nanoseconds since that clock began. */
export type Instant = number & { readonly [brand]: 'Instant' };

/** Cycles a second. */
export type Hertz = number & { readonly [brand]: 'Hertz' };

/** A duration from a number of nanoseconds, microseconds, milliseconds or seconds, rounded to whole nanoseconds. */
export const ns = (count: number): Duration => Math.round(count) as Duration;
export const us = (count: number): Duration => Math.round(count * 1e3) as Duration;
export const ms = (count: number): Duration => Math.round(count * 1e6) as Duration;
export const seconds = (count: number): Duration => Math.round(count * 1e9) as Duration;

/** A duration as a number of microseconds, milliseconds or seconds. */
export const inUs = (duration: Duration): number => duration / 1e3;
export const inMs = (duration: Duration): number => duration / 1e6;
export const inSeconds = (duration: Duration): number => duration / 1e9;

/** No time at all. */
export const ZERO = 0 as Duration;

/** The moment at which a clock begins. */
export const BEGINNING = 0 as Instant;

/** A moment after or before another one. */
export const later = (from: Instant, by: Duration): Instant => (from + by) as Instant;
export const earlier = (from: Instant, by: Duration): Instant => (from - by) as Instant;

/** The time from one moment to another; negative when `to` is the earlier. */
export const between = (from: Instant, to: Instant): Duration => (to - from) as Duration;

/** Arithmetic of durations; `times` rounds to whole nanoseconds. */
export const plus = (a: Duration, b: Duration): Duration => (a + b) as Duration;
export const minus = (a: Duration, b: Duration): Duration => (a - b) as Duration;
export const times = (duration: Duration, factor: number): Duration =>
  Math.round(duration * factor) as Duration;

/** The moment `count` nanoseconds after the clock began. */
export const instant = (count: number): Instant => Math.round(count) as Instant;

/** @throws RangeError unless `count` is a positive number. */
export function hertz(count: number): Hertz {
  if (!(count > 0)) throw new RangeError(`A frequency is above zero, not ${count} Hz.`);
  return count as Hertz;
}

/** A duration as a person writes it: `12.5 ms`, `80 us`, `3 s`. */
export function showDuration(duration: Duration): string {
  const size = Math.abs(duration);
  const [unit, scale] =
    size >= 1e9 ? ['s', 1e9] : size >= 1e6 ? ['ms', 1e6] : size >= 1e3 ? ['us', 1e3] : ['ns', 1];
  return `${Number((duration / scale).toFixed(3))} ${unit}`;
}
