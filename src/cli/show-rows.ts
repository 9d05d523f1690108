/** A table for a terminal: names above, and columns as wide as what is in them. */
export function showRows(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [names, ...rows];
  const widths = names.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines.map((line) => `${line.map((text, at) => text.padEnd(widths[at]!)).join('  ').trimEnd()}\n`).join('');
}

/** A moment on the clock of this host: `2026-11-30 02:15`. @param ms milliseconds since 1970 */
export function showTime(ms: number): string {
  const date = new Date(ms);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
