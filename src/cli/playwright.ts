import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
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

/** Words for Node by which the test runner loads suites of a folder, those that are named or all. */
export const runnerOf = (folder: string, only: readonly string[] = []): readonly string[] =>
  importsFixturesAlone(only.length === 0 ? [folder] : only.map((name) => join(folder, name)))
    ? BUNDLED_PLAYWRIGHT
    : [PLAYWRIGHT];

const FIXTURES = join(ROOT, 'fixtures/index.ts');
const SOURCES = ['src/', 'fixtures/', 'reports/'].map((name) => join(ROOT, name));
/** An import that remains when types are gone: `from` or `import`, and a path. */
const IMPORT =
  /^(?!\s*(?:import|export) type ).*?(?:\bfrom|\bimport\(?)\s*['"](\.{1,2}\/[^'"]+|\/[^'"]+)['"]/gm;

/** Whether the modules of these folders, and those that they import, take nothing of the project but the fixtures. */
function importsFixturesAlone(folders: readonly string[]): boolean {
  try {
    const files = new Set(folders.flatMap(modulesIn));
    // A set that grows while it is walked through shows what was added as well.
    for (const file of files)
      for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
        const target = resolve(dirname(file), path);
        if (target === FIXTURES) continue;
        if (SOURCES.some((source) => target.startsWith(source))) return false;
        files.add(target);
      }
    return true;
  } catch {
    return false;
  }
}

const modulesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]s$/.test(name))
    .map((name) => join(folder, name));
