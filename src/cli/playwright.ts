import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { ROOT } from './root.ts';

/** The command line of the test runner, as a script for Node. */
export const PLAYWRIGHT = join(
  dirname(createRequire(import.meta.url).resolve('@playwright/test/package.json')),
  'cli.js',
);

/**
 * Words for Node by which the test runner loads this project's bundle. Only for suites that import nothing of the project
 * but `fixtures/index.ts`: a source that is loaded beside the bundle exists twice.
 */
export const BUNDLED_PLAYWRIGHT = [
  '--import',
  new URL('runner-bundle.js', import.meta.url).href,
  PLAYWRIGHT,
] as const;

/** Words for Node by which the test runner loads the suites of a folder. */
export const runnerOf = (suites: string): readonly string[] =>
  importsFixturesAlone(suites) ? BUNDLED_PLAYWRIGHT : [PLAYWRIGHT];

const FIXTURES = join(ROOT, 'fixtures/index.ts');
/** An import that remains when types are gone: `from` or `import`, and a path. */
const IMPORT =
  /^(?!\s*(?:import|export) type ).*?(?:\bfrom|\bimport\(?)\s*['"](\.{1,2}\/[^'"]+|\/[^'"]+)['"]/gm;

/** Whether the modules of a folder import each other, packages and the fixtures, and no other source of the project. */
function importsFixturesAlone(folder: string): boolean {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[cm]?[jt]s$/.test(name))
      .every((name) => {
        const file = join(folder, name);
        return [...readFileSync(file, 'utf8').matchAll(IMPORT)].every(([, path = '']) => {
          const target = resolve(dirname(file), path);
          return target === FIXTURES || !relative(folder, target).startsWith('..');
        });
      });
  } catch {
    return false;
  }
}
