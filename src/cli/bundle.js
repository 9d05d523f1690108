// Node.js needs two seconds to load 600 sources of TypeScript one by one, in the command line and again in each process of the
// test runner. So they are made into a few files of JavaScript, which are made again when a source has changed.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = join(ROOT, 'node_modules/.cache/h1-hil');
const LIST = join(FOLDER, 'sources.json');

/** What the processes of the runner load first: what its configuration and the suites import. */
export const RUNNER_ENTRIES = [
  'src/rig/run-settings.ts',
  'reports/progress-reporter.ts',
  'reports/label-reporter.ts',
  'fixtures/index.ts',
];

/** What any process loads first. */
export const ENTRIES = ['src/cli/main.ts', ...RUNNER_ENTRIES];

/** Packages of a real board, which may be missing, and those that look for files beside their own. */
const KEPT_APART = [
  ...['koffi', 'onoff', 'serialport', 'spi-device', 'libsql', 'pg', '@grpc/*'],
  ...['@playwright/test', 'allure', 'allure-*', '@stryker-mutator/*'],
];

/** What another process may still load when the sources have changed: its files stay for a day. */
const KEPT_MS = 24 * 3600 * 1000;

/** How a file is told from another version of it. */
const stampOf = (file) => {
  const { mtimeMs, size } = statSync(file);
  return `${mtimeMs} ${size}`;
};

/** The folder that was made before, when every source still is as it was; undefined otherwise. */
export function made() {
  try {
    const { root, folder, stamps, files } = JSON.parse(readFileSync(LIST, 'utf8'));
    const isSame = Object.entries(stamps).every(([source, stamp]) => stampOf(join(ROOT, source)) === stamp);
    const isWhole = Object.entries(files).every(([file, size]) => statSync(join(folder, file)).size === size);
    return root === ROOT && isSame && isWhole ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Gives each source the address that it has in the project, and notes which version of it was read. */
const ownAddress = (stamps) => ({
  name: 'own address',
  setup: (build) => {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      stamps[relative(ROOT, path)] = stampOf(path);
      const address = JSON.stringify(pathToFileURL(path).href);
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', address), loader: 'ts' };
    });
  },
});

/** Makes the folder of these entries. Its name comes from its content. */
export async function make(entries = ENTRIES) {
  const { build } = await import('esbuild');
  const own = fileURLToPath(import.meta.url);
  const stamps = { [relative(ROOT, own)]: stampOf(own) };
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: entries,
    outbase: ROOT,
    outdir: '/',
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // From them an error of the language learns in whose source it came up. Nothing else loads them.
    sourcemap: 'external',
    sourcesContent: false,
    external: KEPT_APART,
    plugins: [ownAddress(stamps)],
    // Packages of the older module form ask for parts of Node.js by `require`.
    banner: {
      js: `import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(${JSON.stringify(import.meta.url)});`,
    },
    logLevel: 'silent',
  });
  for (const source of Object.keys(metafile.inputs)) stamps[source] ??= stampOf(join(ROOT, source));
  const hash = createHash('sha256');
  for (const { path, contents } of outputFiles) hash.update(path).update(contents);
  const folder = join(FOLDER, `made-${hash.digest('hex').slice(0, 16)}`);
  put(folder, outputFiles);
  const list = `${LIST}.${process.pid}`;
  const files = Object.fromEntries(outputFiles.map(({ path, contents }) => [path, contents.length]));
  writeFileSync(list, JSON.stringify({ root: ROOT, folder, stamps, files }));
  renameSync(list, LIST);
  forgetOthers(folder);
  return folder;
}

/** Writes the files of a folder, each of which others see whole or not at all. Its name says what is in them. */
function put(folder, files) {
  for (const { path, contents } of files) {
    const file = join(folder, path);
    const part = `${file}.${process.pid}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(part, contents);
    renameSync(part, file);
  }
}

function forgetOthers(folder) {
  for (const name of readdirSync(FOLDER)) {
    const path = join(FOLDER, name);
    if (name.startsWith('made-') && path !== folder && Date.now() - statSync(path).mtimeMs > KEPT_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
