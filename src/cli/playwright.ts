import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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
