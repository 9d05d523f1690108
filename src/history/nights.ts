const HALF_DAY_HOURS = 12;

/**
 * The night of a moment, as the date of its morning: from noon to noon, on the clock of this host.
 * @param ms milliseconds since 1970
 */
export function nightOf(ms: number): string {
  const shifted = new Date(ms);
  shifted.setHours(shifted.getHours() + HALF_DAY_HOURS);
  return dateOf(shifted);
}

/** The night so many nights before this one. */
export function nightBefore(night: string, nights: number): string {
  const [year, month, day] = night.split('-').map(Number);
  return dateOf(new Date(year!, month! - 1, day! - nights, HALF_DAY_HOURS));
}

/** Whether a text is a night: a date as `2026-11-30`. */
export const isNight = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && nightBefore(text, 0) === text;

/** A moment on the clock of this host: `2026-11-30 02:15`. @param ms milliseconds since 1970 */
export function showMoment(ms: number): string {
  const date = new Date(ms);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${dateOf(date)} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

const dateOf = (date: Date): string =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
