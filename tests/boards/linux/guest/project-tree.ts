import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyPackages, packTree, ROOT } from './pack.ts';
import { fillRunnerCache, writeJavaScript } from './ready-made.ts';

/** What of the project runs suites; the guest's rig file is beside this file. */
const PARTS = [
  'package.json',
  'playwright.config.ts',
  'docs',
  'src',
  'suites',
  'fixtures',
  'reports',
  'rigs',
];
const COMMAND_LINE = 'src/cli/main.ts';
const MADE = join(ROOT, 'reports', 'out');

/**
 * Packs Node.js and the project, with the packages that it needs to run, into an archive for the guest. The command line
 * is there as JavaScript too.
 */
export function packProject(folder: string): string {
  const tree = join(folder, 'tree');
  for (const part of PARTS)
    cpSync(join(ROOT, part), join(tree, part), { recursive: true, filter: (path) => path !== MADE });
  cpSync(join(import.meta.dirname, 'guest.yaml'), join(tree, 'guest.yaml'));
  writeJavaScript([COMMAND_LINE], tree);
  fillRunnerCache(tree);
  copyPackages(packagesOf('.'), tree);
  const archive = join(folder, 'guest.cpio');
  packTree(tree, archive);
  return archive;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The packages below a package's folder that lie at the top of node_modules; those inside others come along with them. */
function packagesOf(folder: string, found = new Set<string>()): ReadonlySet<string> {
  const text = readFileSync(join(ROOT, folder, 'package.json'), 'utf8');
  const { dependencies, optionalDependencies } = JSON.parse(text) as Manifest;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const inside = join('node_modules', name);
    if (found.has(name) || !existsSync(join(ROOT, inside))) continue;
    found.add(name);
    packagesOf(inside, found);
  }
  return found;
}
