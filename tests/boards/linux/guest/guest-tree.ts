import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Packages with a part built for this machine, and what they load. */
const PACKAGES = [
  ...['spi-device', 'bindings', 'file-uri-to-path', 'onoff', 'epoll', 'lodash.debounce'],
  ...['koffi', '@koromix/koffi-linux-x64'],
];
const LIBRARIES_OF = ['spi-device/build/Release/spi.node', 'epoll/build/Release/epoll.node'];

/** Where the tree lies in the guest. */
export const GUEST_ROOT = '/h1-hil';

/**
 * Packs Node.js, the packages, and the files that the entries import, as JavaScript, into an archive for the guest.
 * @param entries files of the project, from its root
 */
export function packGuestTree(entries: readonly string[], folder: string): string {
  const tree = join(folder, 'tree');
  for (const file of importedBy(entries)) {
    const target = join(tree, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, toJavaScript(file));
  }
  writeFileSync(join(tree, 'package.json'), '{"type":"module"}');
  const modules = join(ROOT, 'node_modules');
  for (const name of PACKAGES)
    cpSync(join(modules, name), join(tree, 'node_modules', name), { recursive: true, dereference: true });
  const archive = join(folder, 'guest.cpio');
  const libraries = LIBRARIES_OF.flatMap((file) => librariesOf(join(modules, file)));
  const items = [process.execPath, ...new Set(libraries), `${GUEST_ROOT}=${tree}`];
  execFileSync(join(ROOT, 'rigs/virtual-lab/pack.sh'), [archive, ...items]);
  return archive;
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

const librariesOf = (file: string): string[] =>
  execFileSync('ldd', [file], { encoding: 'utf8' }).match(/\/\S+\.so\S*/g) ?? [];
