/** The width of an output that is no terminal. */
const PAGE = 120;
/** The least width of the last column. */
const LEAST = 24;

/**
 * A table for a terminal: names above, and columns as wide as what is in them. The last column goes on in the next line
 * where the terminal ends.
 */
export function showRows(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  width: number = process.stdout.columns || PAGE,
): string {
  const lines = [names, ...rows];
  const widths = names.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  const room = Math.max(width - before, LEAST);
  return lines
    .flatMap((line) => {
      const head = line
        .slice(0, -1)
        .map((text, at) => `${text.padEnd(widths[at]!)}  `)
        .join('');
      return folded(line.at(-1) ?? '', room).map(
        (part, at) => ((at === 0 ? head : ' '.repeat(before)) + part).trimEnd() + '\n',
      );
    })
    .join('');
}

/** A text in lines of at most `room` signs, between words where there are some. */
function folded(text: string, room: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
