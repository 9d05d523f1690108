import { readFileSync, statSync } from 'node:fs';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { printable, printableLines } from '../units/index.ts';
import type { OwnWords } from './words.ts';
import { valueProblems } from './words.ts';

/** One thing that is wrong in a YAML text, and where. */
export interface YamlProblem {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

/** Maximum depth of a value. */
const DEEPEST = 12;

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

/** How the files of one kind are read beside their schema. */
export interface YamlKind<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** Words of its own for what is wrong. */
  readonly own?: OwnWords;
  /** What is made of the value before it is checked, such as units that stand in texts. */
  readonly before?: (value: unknown) => unknown;
}

/**
 * Reads a YAML text and checks it. An empty text is an empty table.
 * @throws what `refusal` makes of everything that is wrong; the value is undefined when the text is no YAML
 */
export function checkedYaml<Schema extends z.ZodType>(
  text: string,
  { schema, own, before = (value) => value }: YamlKind<Schema>,
  refusal: (problems: readonly YamlProblem[], value: unknown) => Error,
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const problem = (at: number, what: string): YamlProblem => {
    const { line, col } = lines.linePos(at);
    return { line, column: col, what };
  };
  if (document.errors.length > 0)
    throw refusal(
      document.errors.map(({ pos, message }) => problem(pos[0], printable(message))),
      undefined,
    );
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (cause) {
    throw refusal([problem(0, printable(cause instanceof Error ? cause.message : String(cause)))], undefined);
  }
  const control = controlIn(value);
  if (control !== undefined)
    throw refusal(
      [problem(offsetOf(document, control), `${placeOf(control)}: control characters have no place here`)],
      value,
    );
  const read = before(value);
  const checked = schema.safeParse(read);
  if (checked.success) return checked.data;
  throw refusal(
    valueProblems(schema, read, checked.error.issues, own).map(({ path, key, what }) =>
      problem(offsetOf(document, path, key), `${placeOf(path)}: ${what}`),
    ),
    value,
  );
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? 'the file' : printable(path.join('.'));

/** The path of the first text that has control characters; undefined when there is none. */
function controlIn(value: unknown, path: readonly string[] = []): readonly string[] | undefined {
  if (typeof value === 'string') return printableLines(value) === value ? undefined : path;
  if (typeof value !== 'object' || value === null || path.length > DEEPEST) return undefined;
  for (const [name, part] of Object.entries(value)) {
    const inside = [...path, name];
    const found = printableLines(name) === name ? controlIn(part, inside) : inside;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where the value of a path stands, or the nearest thing around it that is there; of an unknown key, the key itself. */
function offsetOf(document: Document, path: readonly PropertyKey[], key?: string): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (!isNode(node) || !node.range) continue;
    const isHere = depth === path.length;
    return (isHere && key !== undefined ? keyOffset(node, key) : undefined) ?? node.range[0];
  }
  return 0;
}

function keyOffset(node: object, key: string): number | undefined {
  if (!('items' in node) || !Array.isArray(node.items)) return undefined;
  for (const item of node.items as readonly {
    readonly key?: { readonly value?: unknown; readonly range?: readonly number[] };
  }[])
    if (item.key?.value === key) return item.key.range?.[0];
  return undefined;
}
