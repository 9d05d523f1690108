import type { Duration } from '../../units/index.ts';

declare const brand: unique symbol;

/**
 * A reading of a host's tick counter: a 32-bit number that counts up at the host's tick rate and wraps to 0. The
 * smallest word a kernel uses, so that a wrap can be tested. [DRIVER 0]
 */
export type Ticks = number & { readonly [brand]: 'Ticks' };

/** Ticks a second of the kernels in the field. [DRIVER 0] */
export const TICK_RATES = [100, 250, 300, 1000] as const;
export type TickRate = (typeof TICK_RATES)[number];

/** The counter wraps this long after the host's start, so that ordinary runs cross it. [DRIVER 0] */
const SECONDS_TO_WRAP = 300;

/** What the counter shows when the host starts. */
export const firstTick = (rate: TickRate): Ticks => ticks(-SECONDS_TO_WRAP * rate);

/** The counter after `count` ticks since 0, wrapped to 32 bits. */
export const ticks = (count: number): Ticks => (count >>> 0) as Ticks;

/** The length of one tick, rounded to whole nanoseconds. */
export const tickLength = (rate: TickRate): Duration => Math.round(1e9 / rate) as Duration;

/** How many ticks a host waits for a duration: rounded up, so 2 ms are 1 tick at 100 Hz and 2 at 1000 Hz. [DRIVER 0] */
export const inTicks = (duration: Duration, rate: TickRate): number => Math.ceil((duration * rate) / 1e9);

/** The reading `count` ticks after `from`, wrapped to 32 bits. */
export const addTicks = (from: Ticks, count: number): Ticks => ticks(from + count);

/** The signed distance from one reading to another, right while it is less than half a wrap. */
export const ticksBetween = (from: Ticks, to: Ticks): number => (to - from) | 0;

/** Whether `a` is at or after `b`, right while they are less than half a wrap apart. */
export const isAtOrAfter = (a: Ticks, b: Ticks): boolean => ticksBetween(b, a) >= 0;

/** At or after `from` and strictly before `to`; an empty range holds nothing. [DRIVER 0] */
export const isWithin = (now: Ticks, from: Ticks, to: Ticks): boolean =>
  isAtOrAfter(now, from) && !isAtOrAfter(now, to);
