import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyPackages, packTree } from './pack.ts';
import { writeJavaScript } from './ready-made.ts';

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
  writeJavaScript(entries, tree);
  writeFileSync(join(tree, 'package.json'), '{"type":"module"}');
  copyPackages(PACKAGES, tree);
  const archive = join(folder, 'guest.cpio');
  packTree(tree, archive);
  return archive;
}
