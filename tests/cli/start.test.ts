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
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
  expect(made).toHaveLength(3);
  expect(start(project, 'profiles').stdout).toBe(before.stdout);
  expect(madeFiles(project)).toEqual(made);

  appendFileSync(join(project, 'src/cli/main.ts'), "\nprocess.stdout.write('changed\\n');\n");
  expect(start(project, 'profiles').stdout).toBe(`${before.stdout}changed\n`);
  expect(madeFiles(project)).toHaveLength(3);
  expect(madeFiles(project)).not.toEqual(made);
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
});

test('a defect names its place in the sources with --debug', ({ project }) => {
  // The copy has no folder of rigs.
  const { stderr } = start(project, '--debug', 'run');
  expect(stderr).toContain(`${project}/src/rig/load-rig.ts:`);
});
