import { isNode, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { printable } from '../units/index.ts';

/** What a file has to be, and the error for one that is something else. */
export interface Wanted<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** Makes the error, of a line for each place. */
  readonly refuse: (told: string) => Error;
}

/** Reads YAML by a schema. @throws what `refuse` makes, with every place as `file:line:column` */
export function parseChecked<Schema extends z.ZodType>(
  text: string,
  file: string,
  { schema, refuse }: Wanted<Schema>,
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const wrong = (problems: readonly { readonly at: number; readonly what: string }[]): Error =>
    refuse(
      problems
        .map(({ at, what }) => {
          const { line, col } = lines.linePos(at);
          return `${file}:${line}:${col}: ${what}`;
        })
        .join('\n'),
    );
  if (document.errors.length > 0)
    throw wrong(document.errors.map(({ pos, message }) => ({ at: pos[0], what: printable(message) })));
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (cause) {
    throw wrong([{ at: 0, what: printable(cause instanceof Error ? cause.message : String(cause)) }]);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw wrong(
    checked.error.issues.map(({ path, message }) => ({
      at: offsetOf(document, path),
      what: `${printable(path.join('.')) || 'the file'}: ${saidOf(message, document.getIn(path))}`,
    })),
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
