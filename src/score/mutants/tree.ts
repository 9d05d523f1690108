import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';

/** What the suites need to run. */
const FOLDERS = ['src', 'fixtures', 'suites', 'rigs'];
const FILES = [
  'package.json',
  'playwright.config.ts',
  'reports/progress-reporter.ts',
  'reports/label-reporter.ts',
];

/** A judge that was changed in the same way as what it judges would find nothing, so judges have copies of their own. */
const HEALTHY = [
  { copied: 'src/sim', judge: 'src/twin' },
  { copied: 'src/wire', judge: 'src/trace' },
  { copied: 'src/wire', judge: 'fixtures' },
];

/** Names the file into which each test writes what it reached. Without it nothing is written. */
export const REACH_VARIABLE = 'H1_HIL_REACH';

/** Stands before the test function of the suites: notes which mutants each test reaches. */
const REACH_FIXTURE = `import { appendFileSync } from 'node:fs';
import { test as plain } from './plain-test.ts';
export * from './plain-test.ts';

const file = process.env.${REACH_VARIABLE};
const stryker = (globalThis.__stryker__ ??= {});
let known = 0;

export const test = file === undefined ? plain : plain.extend({
  reach: [
    async ({}, use, { project, titlePath, duration }) => {
      stryker.mutantCoverage ??= { static: {}, perTest: {} };
      stryker.mutantCoverage.perTest = {};
      stryker.currentTestId = 'this';
      await use(undefined);
      stryker.currentTestId = undefined;
      const loaded = Object.keys(stryker.mutantCoverage.static);
      const reached = Object.keys(stryker.mutantCoverage.perTest.this ?? {});
      const line = { test: ['', project.name, ...titlePath].join(' › '), reached, loaded: loaded.length === known ? [] : loaded };
      known = loaded.length;
      appendFileSync(file, JSON.stringify(line) + '\\n');
    },
    { auto: true, box: 'self' },
  ],
});
`;

/** Every file below a folder, as paths from `root`, in the order of their names. */
export function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** SHA-256 over everything that a tree is made of. */
export function hashOfSources(root: string): string {
  const hash = createHash('sha256');
  const files = FOLDERS.flatMap((folder) => filesBelow(root, folder));
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Copies the project into an empty folder, so that its source can be changed there. The judges get healthy copies. */
export function growTree(root: string, tree: string): void {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  for (const name of [...FOLDERS, ...FILES]) cpSync(join(root, name), join(tree, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const { copied, judge } of HEALTHY) giveHealthyCopy(tree, copied, judge);
  renameSync(join(tree, 'fixtures/test.ts'), join(tree, 'fixtures/plain-test.ts'));
  writeFileSync(join(tree, 'fixtures/test.ts'), REACH_FIXTURE);
}

function giveHealthyCopy(tree: string, copied: string, judge: string): void {
  cpSync(join(tree, copied), join(tree, `${copied}-healthy`), { recursive: true });
  const room = copied.replace('src/', '');
  for (const file of filesBelow(tree, judge).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(tree, file), 'utf8');
    const path = new RegExp(`(from '(?:\\.\\./)+(?:src/)?)${room}/`, 'g');
    writeFileSync(join(tree, file), text.replace(path, `$1${room}-healthy/`));
  }
}
