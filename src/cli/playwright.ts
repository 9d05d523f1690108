import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The command line of the test runner, as a script for Node. */
export const PLAYWRIGHT = join(
  dirname(createRequire(import.meta.url).resolve('@playwright/test/package.json')),
  'cli.js',
);
