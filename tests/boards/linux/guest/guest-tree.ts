import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { copyPackages, packTree, ROOT } from './pack.ts';

/** Packages with a part built for this machine, and what they load. */
const PACKAGES = [
  ...['spi-device', 'bindings', 'file-uri-to-path', 'onoff', 'epoll', 'lodash.debounce'],
  ...['koffi', '@koromix/koffi-linux-x64'],
];

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
  copyPackages(PACKAGES, tree);
  const archive = join(folder, 'guest.cpio');
  packTree(tree, archive);
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
