import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { checkedYaml, textOfFile } from '../written/index.ts';
import type { RigProblem } from './rig-error.ts';
import { RigFileWrong, RigUnknown, RigUnreadable } from './rig-error.ts';
import type { RigFile, WrittenSimBoard } from './schema.ts';
import { rigWords } from './rig-words.ts';
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

const readRig = (file: string): string =>
  textOfFile(file, 4 * MAX_CHARACTERS, (reason, cause) => new RigUnreadable(file, reason, cause));

/** @throws RigFileWrong with every problem and its place. */
export function parseRig(text: string, file: string): RigFile {
  const problem = (what: string): RigProblem => ({ file, line: 1, column: 1, what });
  if (text.length > MAX_CHARACTERS)
    throw new RigFileWrong([
      problem(`it has ${text.length} characters, and a rig file has at most ${MAX_CHARACTERS}`),
    ]);
  return checkedYaml(text, RIG_FILE, (problems, value) => {
    const board: unknown = isTable(value) ? value['board'] : undefined;
    const places = problems.map((found) => ({ file, ...found }));
    return new RigFileWrong(places, isTable(board) ? board['kind'] : undefined);
  });
}

const RIG_FILE = {
  schema: rigSchema,
  own: rigWords,
  before: (value: unknown): unknown => withUnits(value, fieldsWithUnit),
};

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
