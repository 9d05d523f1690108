/** One command of a page, as a reader would type it. */
export interface DocumentedCommand {
  readonly page: string;
  readonly line: number;
  readonly command: string;
  /** What the page shows that it prints; undefined where it shows nothing. */
  readonly prints?: readonly string[];
}

const withoutComment = (line: string): string => line.replace(/\s+# .*$/, '').trim();
/** In a list of commands what stands after three spaces is what they do. */
const withoutGloss = (line: string): string => line.trim().replace(/\s{2,}.*$/, '');

/** The commands of a page: lines of a block `sh`, those after $ of a block `console`, and lists that are indented. */
export function commandsOf(page: string, text: string): DocumentedCommand[] {
  const commands: DocumentedCommand[] = [];
  let block: string | undefined;
  let printed: string[] | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const at = { page, line: index + 1 };
    const fence = /^\s*```(\w*)/.exec(line);
    if (fence) {
      block = block === undefined ? fence[1]! : undefined;
      printed = undefined;
    } else if (block === 'console' && line.startsWith('$ ')) {
      printed = [];
      commands.push({ ...at, command: line.slice(2), prints: printed });
    } else if (block === 'console') printed?.push(line);
    else if (block === 'sh' && line.trim() !== '') commands.push({ ...at, command: withoutComment(line) });
    else if (block === undefined && /^ {4}(\.\/)?h1-hil /.test(line))
      commands.push({ ...at, command: withoutGloss(line) });
  }
  return commands;
}

/** What differs from run to run: times, folders of reports, digests, versions of this machine. */
export const comparable = (line: string): string =>
  line
    .replace(/\b[\d.]+ (ms|s)$/, 'T s')
    .replace(/\s+(T s)$/, ' $1')
    .replace(/^(Tables|Report) .*$/, '$1')
    .replace(/^(Digest) .*$/, '$1')
    .replace(/^(Again|Rig) .*$/, '$1')
    .replace(/^(right\s+Node\s+)[\d.]+$/, '$1N')
    .trimEnd();
