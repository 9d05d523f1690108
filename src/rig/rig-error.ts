import { LabFailure, UsageError } from '../units/index.ts';

/** One thing that is wrong in a rig file, and where. */
export interface RigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

const EXAMPLE = `A right one looks like this:

  description: The simulated H1
  board:
    kind: sim
    firmware: 0.5.4`;

/** A rig file that cannot be used. */
export class RigFileWrong extends UsageError {
  constructor(readonly problems: readonly RigProblem[]) {
    const lines = problems.map(({ file, line, column, what }) => `${file}:${line}:${column}: ${what}`);
    super(`${lines.join('\n')}\n${EXAMPLE}\nAll fields: rigs/schema.json`);
  }
}

/** The rig file is there and cannot be read. */
export class RigUnreadable extends UsageError {
  constructor(file: string, cause: unknown) {
    super(`Rig file ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    });
  }
}

/** No rig has that name, and no file either. */
export class RigUnknown extends UsageError {
  constructor(
    readonly rig: string,
    known: readonly string[],
  ) {
    const near = nearest(rig, known);
    super(
      `There is no rig ${rig}${near === undefined ? '.' : `; did you mean ${near}?`} Known rigs: ${known.join(', ')}. A path to a rig file works too.`,
    );
  }
}

/** The name with the fewest edits, when there are few enough to be a slip. */
function nearest(word: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, edits: editsBetween(word, name) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(2, word.length / 3) ? best.name : undefined;
}

function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

/** The rig has not what was asked of it. */
export class RigLacks extends LabFailure {
  readonly blames = 'rig';
}
