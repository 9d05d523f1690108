import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { printable, printableLines } from '../units/index.ts';
import type { RigProblem } from './rig-error.ts';
import { RigFileWrong, RigUnknown, RigUnreadable } from './rig-error.ts';
import type { RigFile, WrittenSimBoard } from './schema.ts';
import { wordsOf } from './rig-words.ts';
import { fieldsWithUnit } from './json-schema.ts';
import { rigSchema } from './schema.ts';
import { withUnits } from './written-units.ts';

/** A board plus the instruments around it, as its file describes them. */
export interface Rig extends RigFile {
  /** The file's name without its extension. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** How `loadRig` finds it from any folder: its name in `rigs/`, or else its file. */
  readonly key: string;
}

/** Maximum size of a rig file, in characters: far more than any rig needs, and quick to read. */
const MAX_CHARACTERS = 256 * 1024;
/** Maximum depth of a value in a rig file. */
const DEEPEST = 12;

const FOLDER = fileURLToPath(new URL('../../rigs/', import.meta.url));

/** Names of the rigs in `rigs/`. */
export const knownRigs = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();

/**
 * The rig of that name in `rigs/`, or of that file.
 * @throws RigUnknown, RigUnreadable, RigFileWrong
 */
export function loadRig(nameOrFile: string): Rig {
  const isName = knownRigs().includes(nameOrFile);
  const file = isName ? join(FOLDER, `${nameOrFile}.yaml`) : resolve(nameOrFile);
  if (!isName && !existsSync(file)) throw new RigUnknown(nameOrFile, knownRigs());
  const shown = isName ? `rigs/${nameOrFile}.yaml` : nameOrFile;
  return {
    ...parseRig(readRig(file), shown),
    name: basename(file).replace(/\.ya?ml$/, ''),
    file,
    key: isName ? nameOrFile : file,
  };
}

/** The simulated board of a rig, as its file writes it; undefined for another board. */
export function writtenBoard({ board, file }: Rig): WrittenSimBoard | undefined {
  if (board.kind !== 'sim') return undefined;
  const value = withUnits(parseDocument(readRig(file)).toJS(), fieldsWithUnit);
  return (value as { readonly board: WrittenSimBoard }).board;
}

function readRig(file: string): string {
  try {
    if (!statSync(file).isFile()) throw new Error('it is no plain file');
    if (statSync(file).size > 4 * MAX_CHARACTERS) throw new Error('it is far too long');
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new RigUnreadable(file, cause);
  }
}

/** @throws RigFileWrong with every problem and its place. */
export function parseRig(text: string, file: string): RigFile {
  if (text.length > MAX_CHARACTERS)
    throw new RigFileWrong([
      {
        file,
        line: 1,
        column: 1,
        what: `it has ${text.length} characters, and a rig file has at most ${MAX_CHARACTERS}`,
      },
    ]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const place = (offset: number): Pick<RigProblem, 'file' | 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const broken = document.errors.map(({ pos, message }) => ({ ...place(pos[0]), what: message }));
  if (broken.length > 0) throw new RigFileWrong(broken);
  const value = valueOf(document, file);
  const control = controlIn(value);
  if (control !== undefined)
    throw new RigFileWrong([
      {
        ...place(offsetOf(document, control)),
        what: `${printable(control.join('.'))}: control characters have no place in a rig file`,
      },
    ]);
  const checked = rigSchema.safeParse(withUnits(value, fieldsWithUnit));
  if (!checked.success)
    throw new RigFileWrong(
      checked.error.issues.map((issue) => ({
        ...place(
          offsetOf(document, issue.path, issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined),
        ),
        what: `${issue.path.length === 0 ? 'the rig' : issue.path.join('.')}: ${wordsOf(issue, document.getIn(issue.path))}`,
      })),
      document.getIn(['board', 'kind']),
    );
  return checked.data;
}

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

/** The document's value. @throws RigFileWrong when its aliases have no anchor or expand without end. */
function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new RigFileWrong([
      { file, line: 1, column: 1, what: error instanceof Error ? error.message : String(error) },
    ]);
  }
}

/** Where the value of a path stands, or the nearest thing around it that is there; of an unknown key, the key itself. */
function offsetOf(document: Document, path: readonly PropertyKey[], key?: string): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (!isNode(node) || !node.range) continue;
    if (key !== undefined && depth === path.length) return keyOffset(node, key) ?? node.range[0];
    return node.range[0];
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
