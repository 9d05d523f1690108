import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where a packed tree lies in the guest. */
export const GUEST_ROOT = '/h1-hil';

/** Parts of packages that were built for this machine, whose libraries the guest needs too. */
const BUILT = ['spi-device/build/Release/spi.node', 'epoll/build/Release/epoll.node'];

/** Copies packages as they are installed here into a tree for the guest. */
export function copyPackages(names: Iterable<string>, tree: string): void {
  for (const name of names)
    cpSync(join(ROOT, 'node_modules', name), join(tree, 'node_modules', name), {
      recursive: true,
      dereference: true,
    });
}

/** Packs Node.js and a tree with its packages into an archive for the guest. */
export function packTree(tree: string, archive: string): void {
  const libraries = BUILT.flatMap((file) => librariesOf(join(tree, 'node_modules', file)));
  // The guest's busybox has no flock, which locks a rig.
  const items = [process.execPath, 'flock', ...new Set(libraries), `${GUEST_ROOT}=${tree}`];
  execFileSync(join(ROOT, 'rigs/virtual-lab/pack.sh'), [archive, ...items]);
}

const librariesOf = (file: string): string[] =>
  execFileSync('ldd', [file], { encoding: 'utf8' }).match(/\/\S+\.so\S*/g) ?? [];
