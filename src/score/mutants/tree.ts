import { PLAN_VARIABLE } from '../../report/mutant-title.ts';
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
  'reports/mutant-reporter.ts',
];

/** A judge that was changed in the same way as what it judges would find nothing, so judges have copies of their own. */
const HEALTHY = [
  { copied: 'src/sim', judge: 'src/twin' },
  { copied: 'src/wire', judge: 'src/trace' },
  { copied: 'src/wire', judge: 'fixtures' },
];

/** Names the file into which each test writes what it reached. Without it nothing is written. */
export const REACH_VARIABLE = 'H1_HIL_REACH';

/**
 * Stands before the test function of the suites. In a healthy run it notes which mutants each test reaches. With a plan it
 * makes one test for each mutant, which is on from before the first fixture until after the last one. Such a test has the
 * titles, and so the random numbers, that it has without a mutant.
 */
const FIXTURE = `import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { test as plain } from './plain-test.ts';
export * from './plain-test.ts';

const { ${REACH_VARIABLE}: file, ${PLAN_VARIABLE}: planned } = process.env;
const plan = planned === undefined ? undefined : JSON.parse(readFileSync(planned, 'utf8'));
const paths = new Set(plan?.paths);
const stryker = (globalThis.__stryker__ ??= {});
let known = 0;

const reached = () => plain.extend({
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

const failures = (id) => statSync(plan.dead + '/' + id, { throwIfNoEntry: false })?.size ?? 0;

const mutated = () => {
  const own = plain.extend({
    mutant: [
      async ({}, use, info) => {
        const [, title, id] = /^(.*) ⟨(\\d+)⟩$/s.exec(info.title);
        const path = ['', info.project.name, ...info.titlePath].join(' › ');
        info.skip(!paths.has(path), 'not planned');
        info.skip(failures(id) >= plan.enough, 'enough is known of this mutant');
        Object.assign(info, { title, titlePath: [...info.titlePath.slice(0, -1), title] });
        stryker.activeMutant = id;
        try {
          await use(undefined);
        } finally {
          stryker.activeMutant = undefined;
        }
      },
      { auto: true, box: 'self' },
    ],
  });
  return withMutants(own);
};

/** A suite may make a test function of its own from that of the fixtures. */
const withMutants = (own) =>
  new Proxy(own, {
    apply: (make, self, [title, ...rest]) => {
      for (const id of plan.mutants[title] ?? [])
        Reflect.apply(make, self, [title + ' ⟨' + id + '⟩', ...rest]);
    },
    get: (make, name) => (name === 'extend' ? (...parts) => withMutants(make.extend(...parts)) : make[name]),
  });

export const test = plan !== undefined ? mutated() : file !== undefined ? reached() : plain;
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
  linkPackages(root, tree);
  for (const { copied, judge } of HEALTHY) giveHealthyCopy(tree, copied, judge);
  renameSync(join(tree, 'fixtures/test.ts'), join(tree, 'fixtures/plain-test.ts'));
  writeFileSync(join(tree, 'fixtures/test.ts'), FIXTURE);
}

/** The packages of the project, without its cache: the tree has a bundle of its own. */
function linkPackages(root: string, tree: string): void {
  mkdirSync(join(tree, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules')).filter((one) => one !== '.cache'))
    symlinkSync(join(root, 'node_modules', name), join(tree, 'node_modules', name));
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
