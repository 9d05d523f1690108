import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../units/index.ts';
import { ROOT } from '../root.ts';

const FIXTURES = join(ROOT, 'fixtures/index.ts');
const EXAMPLE = join(ROOT, 'examples/suites/first/first.suite.ts');

/** `h1-hil new`: writes the beginning of a file that a user goes on with. */
export function addNew(program: Command): void {
  program
    .command('new')
    .description('begin a suite of your own')
    .command('suite')
    .description('write a suite that runs, to be changed')
    .argument('<name>', 'small letters, digits and hyphens, such as night-run')
    .option('--suites <folder>', 'folder of suites; need not be in the project', 'suites')
    .addHelpText(
      'after',
      '\nExamples:\n  h1-hil new suite night-run\n  h1-hil new suite night-run --suites ~/h1-suites\n  h1-hil run night-run --suites ~/h1-suites',
    )
    .action((name: string, { suites }: { readonly suites: string }) => {
      const file = writeSuite(name, resolve(suites));
      const where = suites === 'suites' ? '' : ` --suites ${suites}`;
      process.stdout.write(`${file}\nRun it: h1-hil run ${name}${where}\n`);
    });
}

/** @returns the path of the file, relative to the folder where the command was typed */
function writeSuite(name: string, folder: string): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new UsageError(
      `"${name}" is no name of a suite: small letters, digits and hyphens, such as night-run.`,
    );
  const file = join(folder, name, `${name}.suite.ts`);
  if (existsSync(dirname(file)))
    throw new UsageError(`${shown(dirname(file))} is there already. Choose another name.`);
  mkdirSync(dirname(file), { recursive: true });
  // Node.js imports from where the file really is, also when the path leads through a link.
  const place = realpathSync(dirname(file));
  makeModules(dirname(place));
  writeFileSync(file, suiteText(name, relative(place, realpathSync(FIXTURES))), { flag: 'wx' });
  return shown(file);
}

const shown = (path: string): string => relative('', path);

/** Adds a package.json that says the files are modules, since no other file says so outside of the project. */
function makeModules(folder: string): void {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return;
    if (at === dirname(at)) break;
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
}

/** The suite of the examples with another name. */
const suiteText = (name: string, fixtures: string): string =>
  readFileSync(EXAMPLE, 'utf8')
    .replace(/from '[^']*fixtures\/index\.ts'/, `from '${fixtures}'`)
    .replace("'a first suite'", `'${name}'`);
