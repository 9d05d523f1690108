import { readFileSync, statSync } from 'node:fs';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { printable } from '../units/index.ts';

/** One thing that is wrong in a YAML text, and where. */
export interface YamlProblem {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

/**
 * The text of a file that people write, of `most` bytes at most.
 * @throws what `refusal` makes of the reason why it cannot be read
 */
export function textOfFile(
  file: string,
  most: number,
  refusal: (reason: string, cause: unknown) => Error,
): string {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw new Error('it is no plain file');
    if (stat.size > most) throw new Error(`it has more than ${most} bytes`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw refusal(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/**
 * Reads a YAML text and checks it against a schema. An empty text is an empty table.
 * @throws what `refusal` makes of everything that is wrong
 */
export function checkedYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  refusal: (problems: readonly YamlProblem[]) => Error,
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const problem = (at: number, what: string): YamlProblem => {
    const { line, col } = lines.linePos(at);
    return { line, column: col, what };
  };
  if (document.errors.length > 0)
    throw refusal(document.errors.map(({ pos, message }) => problem(pos[0], printable(message))));
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (cause) {
    throw refusal([problem(0, printable(cause instanceof Error ? cause.message : String(cause)))]);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw refusal(
    checked.error.issues.map(({ path, ...issue }) => {
      const place = printable(path.join('.')) || 'the file';
      return problem(offsetOf(document, path), `${place}: ${saidOf(issue.message, document.getIn(path))}`);
    }),
  );
}

/** A key that is missing has no value to show. */
const saidOf = (message: string, value: unknown): string =>
  typeof value === 'string' || typeof value === 'number'
    ? `${message}, and "${printable(String(value))}" is none`
    : message;

/** Where the value of a path stands, or the nearest thing around it that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
