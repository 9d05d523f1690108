import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/** One `check:*` script of package.json: a tool of node_modules and its arguments. */
export interface ProjectCheck {
  readonly name: string;
  readonly script: { readonly file: string; readonly args: readonly string[] };
}

const PREFIX = 'check:';

interface Package {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const readPackage = (folder: string): Package =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;

/** The checks that package.json names, in its order, to be run by Node without npm. */
export const projectChecks = (): ProjectCheck[] =>
  Object.entries(readPackage(ROOT).scripts ?? {})
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, script]) => ({ name: name.slice(PREFIX.length), script: parsed(script) }));

function parsed(script: string): ProjectCheck['script'] {
  const [program = '', ...args] = script.split(' ');
  return { file: fileOf(program), args };
}

/**
 * The file of a program, in the package of node_modules that has it. @throws Error when no dependency of the project
 * has it
 */
function fileOf(program: string): string {
  for (const name of Object.keys(readPackage(ROOT).devDependencies ?? {})) {
    const folder = join(ROOT, 'node_modules', name);
    const { bin = {} } = readPackage(folder);
    const file = typeof bin === 'string' ? (name === program ? bin : undefined) : bin[program];
    if (file !== undefined) return join(folder, file);
  }
  throw new Error(`No development dependency brings ${program}, which a check of package.json runs.`);
}
