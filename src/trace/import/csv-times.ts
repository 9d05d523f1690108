/** Ticks of a CSV a second: a tenth of a nanosecond. */
export const TICKS_PER_SECOND = 1e10;

/** Units of time as headers write them, in ticks. */
const UNITS: readonly [RegExp, number][] = [
  [/^(s|sec|secs|second|seconds)$/i, 1e10],
  [/^(ms|msec|msecs|milliseconds?)$/i, 1e7],
  [/^([uµμ\ufffd]s|usec|usecs|microseconds?)$/i, 1e4],
  [/^(ns|nsec|nsecs|nanoseconds?)$/i, 10],
  [/^(ps|psec|picoseconds?)$/i, 0.01],
];
export const TIME_UNITS = 's, ms, us, ns, ps';

/** Ticks of one unit; undefined when nobody knows it. */
export const ticksOfUnit = (unit: string): number | undefined =>
  UNITS.find(([pattern]) => pattern.test(unit.trim()))?.[1];

/** A name of a column of times, and the unit that it states: `Time [s]`, `time (ms)`, `Time_us`, `Time/ns`. */
export function timeColumn(name: string): { readonly unit: string | undefined } | undefined {
  if (/^\s*\w{0,5}seconds?\s*$/i.test(name) && ticksOfUnit(name) !== undefined) return { unit: name };
  const stated = /^\s*(?:time ?stamps?|time|zeit|temps|tiempo|t)\s*(.*)$/i.exec(name)?.[1]?.trim();
  if (stated === undefined) return undefined;
  if (stated === '') return { unit: undefined };
  const bracketed = /^[[({]\s*(.{1,20}?)\s*[\])}]$/.exec(stated)?.[1];
  if (bracketed !== undefined) return { unit: bracketed };
  const tail = /^(?:[_/-]|in\b)?\s*(\S{1,12})$/.exec(stated)?.[1];
  return tail !== undefined && ticksOfUnit(tail) !== undefined ? { unit: tail } : undefined;
}

/** Units that libsigrok writes, in ticks, and the lowest sample period at which it writes them. */
const SIGROK_UNITS = [1e10, 1e7, 1e4, 10, 0.01] as const;

/**
 * Ticks of one unit of the times that libsigrok writes: the unit is the largest of which a sample takes one or more, and
 * each time is a multiple of the sample's whole units.
 */
export function sigrokTicks(sampleRateHz: number): number {
  const period = TICKS_PER_SECOND / sampleRateHz;
  const unit = SIGROK_UNITS.find((ticks) => period >= ticks) ?? 0.01;
  return period / Math.max(1, Math.trunc(period / unit));
}

const MAX_DIGITS = 15;
const POWERS = Float64Array.from({ length: 40 }, (_, digits) => 10 ** digits);

const ISO = /^"?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/;
/** Whether a cell is a date with a time, such as `2024-05-01T12:00:00.123456789+00:00`. */
export const isIsoTime = (text: string): boolean => ISO.test(text);

const digitsAt = (bytes: Uint8Array, at: number, count: number): number => {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i]! - 48;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
};

/** Characters of a date and a time of day, without the fraction of its second. */
const WHOLE_SECOND = 19;

/** Reads times of day: `2024-03-08T13:11:05.001000220+01:00`, in ticks since the first day's begin. */
export class IsoTimes {
  #days = new Map<number, number>();
  #firstDay = NaN;
  /** The last second, which most times have in common with the one before, and its number. */
  readonly #second = new Uint8Array(WHOLE_SECOND);
  #seconds = NaN;

  /** NaN when it is no such time. */
  read(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < WHOLE_SECOND) return NaN;
    if (!this.#isSameSecond(bytes, from)) this.#readSecond(bytes, from);
    let at = from + WHOLE_SECOND;
    let fraction = 0;
    if (bytes[at] === 0x2e || bytes[at] === 0x2c) {
      const point = ++at;
      for (; at < to && bytes[at]! >= 48 && bytes[at]! <= 57; at++)
        if (at - point < MAX_DIGITS) fraction = fraction * 10 + bytes[at]! - 48;
      fraction *= TICKS_PER_SECOND / POWERS[Math.min(MAX_DIGITS, at - point)]!;
    }
    return (this.#seconds - zoneSeconds(bytes, at, to)) * TICKS_PER_SECOND + Math.round(fraction);
  }

  #isSameSecond(bytes: Uint8Array, from: number): boolean {
    const second = this.#second;
    // The last digits differ first.
    for (let i = WHOLE_SECOND - 1; i >= 0; i--) if (bytes[from + i] !== second[i]) return false;
    return true;
  }

  #readSecond(bytes: Uint8Array, from: number): void {
    const [year, month, day] = [
      digitsAt(bytes, from, 4),
      digitsAt(bytes, from + 5, 2),
      digitsAt(bytes, from + 8, 2),
    ];
    this.#seconds =
      this.#day(year, month, day) * 86_400 +
      digitsAt(bytes, from + 11, 2) * 3600 +
      digitsAt(bytes, from + 14, 2) * 60 +
      digitsAt(bytes, from + 17, 2);
    this.#second.set(bytes.subarray(from, from + WHOLE_SECOND));
  }

  /** Days since that of the first time. */
  #day(year: number, month: number, day: number): number {
    const key = (year * 16 + month) * 32 + day;
    let number = this.#days.get(key);
    if (number === undefined) {
      number = Date.UTC(year, month - 1, day) / 86_400_000;
      if (Number.isNaN(this.#firstDay)) this.#firstDay = number;
      if (this.#days.size < 1000) this.#days.set(key, number);
    }
    return number - this.#firstDay;
  }
}

/** `Z`, `+01:00`, `+0100` or nothing, in seconds; NaN for anything else. */
function zoneSeconds(bytes: Uint8Array, from: number, to: number): number {
  if (from === to || (bytes[from] === 0x5a && from + 1 === to)) return 0;
  const sign = bytes[from] === 0x2b ? 1 : bytes[from] === 0x2d ? -1 : NaN;
  const minutesAt = bytes[from + 3] === 0x3a ? from + 4 : from + 3;
  if (minutesAt + 2 !== to) return NaN;
  return sign * (digitsAt(bytes, from + 1, 2) * 3600 + digitsAt(bytes, minutesAt, 2) * 60);
}

/** A decimal number of units, with a point or a comma, or with an exponent; NaN for anything else. */
export function readDecimal(bytes: Uint8Array, from: number, to: number, ticks: number): number {
  let at = from;
  const isNegative = bytes[at] === 0x2d;
  if (isNegative || bytes[at] === 0x2b) at++;
  const begin = at;
  let whole = 0;
  for (; at < to && bytes[at]! >= 48 && bytes[at]! <= 57; at++) whole = whole * 10 + bytes[at]! - 48;
  let digits = at - begin;
  let value = whole * ticks;
  if (at < to && (bytes[at] === 0x2e || bytes[at] === 0x2c)) {
    const point = ++at;
    let fraction = 0;
    for (; at < to && bytes[at]! >= 48 && bytes[at]! <= 57; at++)
      if (at - point < MAX_DIGITS) fraction = fraction * 10 + bytes[at]! - 48;
    digits += at - point;
    value += (fraction * ticks) / POWERS[Math.min(MAX_DIGITS, at - point)]!;
  }
  if (digits === 0) return NaN;
  if (at < to) return withExponent(bytes, from, to, ticks);
  const time = Math.round(value);
  return isNegative ? -time : time;
}

/** The digits as one whole number, then its power of ten: no digit is lost on the way. */
function withExponent(bytes: Uint8Array, from: number, to: number, ticks: number): number {
  let at = bytes[from] === 0x2d || bytes[from] === 0x2b ? from + 1 : from;
  let number = 0;
  let digits = 0;
  let behindPoint = -1;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === 0x2e || byte === 0x2c) behindPoint = 0;
    else if (byte < 48 || byte > 57) break;
    else if (digits++ < MAX_DIGITS) {
      number = number * 10 + byte - 48;
      if (behindPoint >= 0) behindPoint++;
    } else if (behindPoint < 0) return NaN;
  }
  const power = exponentAt(bytes, at, to) - Math.max(0, behindPoint);
  if (!(Math.abs(power) < POWERS.length)) return NaN;
  const scaled = ticks >= 1 ? number * ticks : number / (1 / ticks);
  const time = Math.round(power < 0 ? scaled / POWERS[-power]! : scaled * POWERS[power]!);
  return bytes[from] === 0x2d ? -time : time;
}

/** `e-03`, `E+2`; NaN for anything else. */
function exponentAt(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] !== 0x65 && bytes[from] !== 0x45) return NaN;
  const sign = bytes[from + 1];
  const at = sign === 0x2d || sign === 0x2b ? from + 2 : from + 1;
  if (at === to || to - at > 3) return NaN;
  const size = digitsAt(bytes, at, to - at);
  return sign === 0x2d ? -size : size;
}
