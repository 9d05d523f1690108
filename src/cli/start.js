// Starts the command line. Node.js needs two seconds to load 460 sources of TypeScript one by one, so they are made into
// one file of JavaScript, which is made again when one of them has changed. Where that file cannot be kept, the sources
// themselves are loaded.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'src/cli/main.ts');
const START = fileURLToPath(import.meta.url);
const FOLDER = join(ROOT, 'node_modules/.cache/h1-hil');
const LIST = join(FOLDER, 'sources.json');
/** Packages of a real board, which may be missing, and those that look for files beside their own. */
const KEPT_APART = [
  ...['koffi', 'onoff', 'serialport', 'spi-device'],
  ...['@playwright/test', 'allure', 'allure-*', '@stryker-mutator/*'],
];

/** How a file is told from another version of it. */
const stampOf = (file) => {
  const { mtimeMs, size } = statSync(file);
  return `${mtimeMs} ${size}`;
};

/** The file that was made before, when every source still is as it was. */
function made() {
  try {
    const { root, file, stamps } = JSON.parse(readFileSync(LIST, 'utf8'));
    const isSame = Object.entries(stamps).every(([source, stamp]) => stampOf(join(ROOT, source)) === stamp);
    statSync(file);
    return root === ROOT && isSame ? file : undefined;
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

/** Makes the file. Its name comes from its content, so two that make it at the same time do not disturb each other. */
async function make() {
  const { build } = await import('esbuild');
  const stamps = { [relative(ROOT, START)]: stampOf(START) };
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [MAIN],
    outdir: FOLDER,
    entryNames: 'cli-[hash]',
    bundle: true,
    minifyWhitespace: true,
    write: false,
    metafile: true,
    sourcemap: 'linked',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: KEPT_APART,
    plugins: [ownAddress(stamps)],
    // Packages of the older module form ask for parts of Node.js by `require`.
    banner: {
      js: `import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(${JSON.stringify(import.meta.url)});`,
    },
    logLevel: 'silent',
  });
  for (const source of Object.keys(metafile.inputs)) stamps[source] ??= stampOf(join(ROOT, source));
  mkdirSync(FOLDER, { recursive: true });
  for (const { path, contents } of outputFiles) put(path, contents);
  const file = outputFiles.find(({ path }) => path.endsWith('.js')).path;
  put(LIST, JSON.stringify({ root: ROOT, file, stamps }));
  for (const name of readdirSync(FOLDER))
    if (/^cli-\w+\.js(\.map)?$/.test(name) && !name.startsWith(basename(file)))
      rmSync(join(FOLDER, name), { force: true });
  return file;
}

/** Writes a file that others see whole or not at all. */
function put(file, content) {
  const part = `${file}.${process.pid}`;
  writeFileSync(part, content);
  renameSync(part, file);
}

let file;
try {
  file = made() ?? (await make());
} catch {
  file = MAIN;
}
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true);
// A driver that lives elsewhere is TypeScript, and so are the sources.
if (file === MAIN || process.argv.some((word) => word.startsWith('--driver'))) await import('tsx');
await import(pathToFileURL(file).href);
