import { readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GUEST_ROOT } from './pack.ts';

// TypeScript is not turned into JavaScript inside the guest, whose processor is emulated: that took minutes.

/** The command line in a packed tree, one file with all that it imports of the project. */
export const COMMAND_LINE = 'src/cli/main.js';
/** Where the test runner keeps what it has transformed, and the variable that tells it so. */
export const CACHE_FOLDER = 'transformed';
export const RUNNER_CACHE = 'PLAYWRIGHT_TRANSFORM_CACHE_DIR';

/** What the runner transforms: its configuration, and all of the project that suites and reporters import. */
const TRANSFORMED = ['src', 'suites', 'fixtures', 'reports'];

/** Of esbuild, which comes with tsx. */
interface Bundler {
  build(options: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** Bundles the command line of a tree. */
export async function bundleCommandLine(tree: string): Promise<void> {
  const ofTsx = createRequire(createRequire(import.meta.url).resolve('tsx/package.json'));
  await (ofTsx('esbuild') as Bundler).build({
    absWorkingDir: tree,
    entryPoints: ['src/cli/main.ts'],
    outfile: COMMAND_LINE,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
}

/** Has the runner transform a tree's files here, as it would in the guest, where it then finds them. */
export function fillRunnerCache(tree: string): void {
  const files = [
    'playwright.config.ts',
    ...TRANSFORMED.flatMap((folder) =>
      readdirSync(join(tree, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /(?<!\.d)\.ts$/.test(name))
        .map((name) => join(folder, name)),
    ),
  ];
  execFileSync(process.execPath, ['--import', 'tsx', import.meta.filename, tree, ...files], {
    env: { ...process.env, [RUNNER_CACHE]: join(tree, CACHE_FOLDER) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

interface Runner {
  readonly transform: { transformHook(code: string, file: string, url: string): unknown };
}

/** In a process of its own, since the runner looks once where its cache is. A file is known by its place in the guest. */
function transformAll([tree = '', ...files]: readonly string[]): void {
  const { transform } = createRequire(import.meta.url)('playwright/lib/common') as Runner;
  for (const file of files) {
    const place = join(GUEST_ROOT, file);
    transform.transformHook(readFileSync(join(tree, file), 'utf8'), place, pathToFileURL(place).href);
  }
}

if (process.argv[1] === import.meta.filename) transformAll(process.argv.slice(2));
