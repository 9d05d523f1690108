import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test as base } from '@playwright/test';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const test = base.extend<{ readonly project: string }>({
  // A copy of the sources that may be changed, with the packages of this project and nothing made before.
  project: async ({}, use) => {
    const project = mkdtempSync(join(tmpdir(), 'h1-hil-start-'));
    for (const part of ['src', 'fixtures', 'reports', 'package.json'])
      cpSync(join(ROOT, part), join(project, part), {
        recursive: true,
        filter: (path) => path !== join(ROOT, 'reports/out'),
      });
    mkdirSync(join(project, 'node_modules'));
    for (const name of readdirSync(join(ROOT, 'node_modules')))
      if (name !== '.cache')
        symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
    await use(project);
    rmSync(project, { recursive: true, force: true });
  },
});

const start = (
  project: string,
  ...args: readonly string[]
): { readonly stdout: string; readonly stderr: string } =>
  spawnSync(process.execPath, [join(project, 'src/cli/start.js'), ...args], { encoding: 'utf8' });

const madeFiles = (project: string): string[] =>
  readdirSync(join(project, 'node_modules/.cache/h1-hil')).sort();

test('a command is made once, and again when one of its sources has changed', ({ project }) => {
  const before = start(project, 'profiles');
  expect(before.stderr).toBe('');
  expect(before.stdout).toContain('recommended');
  const made = madeFiles(project);
  expect(made).toHaveLength(2);
  expect(start(project, 'profiles').stdout).toBe(before.stdout);
  expect(madeFiles(project)).toEqual(made);

  appendFileSync(join(project, 'src/cli/main.ts'), "\nprocess.stdout.write('changed\\n');\n");
  expect(start(project, 'profiles').stdout).toBe(`${before.stdout}changed\n`);
  // What another command may still load is kept.
  expect(madeFiles(project)).toHaveLength(3);
  expect(madeFiles(project)).toEqual(expect.arrayContaining(made));
});

/** Where the test runner finds a source of the project. */
const foundAt = (project: string, source: string): string =>
  spawnSync(
    process.execPath,
    [
      ...['--import', join(project, 'src/cli/runner-bundle.js'), '--input-type=module', '--eval'],
      `process.stdout.write(import.meta.resolve(${JSON.stringify(pathToFileURL(join(project, source)).href)}))`,
    ],
    { encoding: 'utf8' },
  ).stdout;

test('the test runner loads what suites import from what was made, and the source itself when one has changed', ({
  project,
}) => {
  start(project, '--version');
  const made = /\/node_modules\/\.cache\/h1-hil\/made-[0-9a-f]{16}\/fixtures\/index\.js$/;
  expect(foundAt(project, 'fixtures/index.ts')).toMatch(made);
  expect(foundAt(project, 'src/rig/load-rig.ts')).toMatch(/\/src\/rig\/load-rig\.ts$/);
  appendFileSync(join(project, 'src/units/time.ts'), '\n');
  expect(foundAt(project, 'fixtures/index.ts')).toMatch(/\/fixtures\/index\.ts$/);
  start(project, '--version');
  expect(foundAt(project, 'fixtures/index.ts')).toMatch(made);
});

const VERSION = `${(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version}\n`;

test('where nothing can be kept, and where what was kept is damaged, the command works all the same', ({
  project,
}) => {
  writeFileSync(join(project, 'node_modules/.cache'), 'a file in the place of the folder');
  const unkept = start(project, '--version');
  expect(unkept).toMatchObject({ stdout: VERSION, stderr: '' });
  rmSync(join(project, 'node_modules/.cache'));
  start(project, '--version');
  writeFileSync(join(project, 'node_modules/.cache/h1-hil/sources.json'), '{"stamps"');
  expect(start(project, '--version')).toMatchObject({ stdout: VERSION, stderr: '' });
  const [folder = ''] = madeFiles(project);
  const main = join(project, 'node_modules/.cache/h1-hil', folder, 'src/cli/main.js');
  truncateSync(main, 100);
  expect(start(project, '--version')).toMatchObject({ stdout: VERSION, stderr: '' });
  rmSync(main);
  expect(start(project, '--version')).toMatchObject({ stdout: VERSION, stderr: '' });
});

test('a defect names its place in the sources with --debug', ({ project }) => {
  // The copy has no folder of rigs.
  const { stderr } = start(project, '--debug', 'run');
  expect(stderr).toContain(`${project}/src/rig/load-rig.ts:`);
});
