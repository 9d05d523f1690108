import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { GUEST_ROOT, ROOT } from './pack.ts';

// JavaScript for the guest. Its processor is emulated, and needs minutes to turn TypeScript into JavaScript.

/** Where the test runner keeps the files that it has transformed, and the variable that names this folder. */
export const CACHE_FOLDER = 'transformed';
export const RUNNER_CACHE = 'PLAYWRIGHT_TRANSFORM_CACHE_DIR';

/** Folders of the project that suites and reporters import. */
const TRANSFORMED = ['src', 'suites', 'fixtures', 'reports'];

/**
 * Writes the files that the entries import into a tree, as JavaScript, each at its own place.
 * @param entries files of the project, from its root
 */
export function writeJavaScript(entries: readonly string[], tree: string): void {
  for (const file of importedBy(entries)) {
    const target = join(tree, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, toJavaScript(file));
  }
}

function importedBy(entries: readonly string[]): ReadonlySet<string> {
  const files = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, file), 'utf8'));
    for (const { fileName } of importedFiles) {
      const target = relative(ROOT, join(ROOT, dirname(file), fileName));
      if (fileName.startsWith('.') && existsSync(join(ROOT, target))) visit(target);
    }
  };
  entries.forEach(visit);
  return files;
}

function toJavaScript(file: string): string {
  return ts.transpileModule(readFileSync(join(ROOT, file), 'utf8'), {
    fileName: file,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  }).outputText;
}

/** Has the test runner transform the files of a tree, and keep them in the tree, where the runner in the guest looks. */
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

/** Fills the cache in a process of its own, since the runner asks once where its cache is. Each file has its name in the guest. */
function transformAll([tree = '', ...files]: readonly string[]): void {
  const { transform } = createRequire(import.meta.url)('playwright/lib/common') as Runner;
  for (const file of files) {
    const place = join(GUEST_ROOT, file);
    transform.transformHook(readFileSync(join(tree, file), 'utf8'), place, pathToFileURL(place).href);
  }
}

if (process.argv[1] === import.meta.filename) transformAll(process.argv.slice(2));
