import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test as base } from '@playwright/test';
import { labKernels, seriesOf } from '../../../src/boards/virtual-lab/index.ts';
import { DATASHEETS } from '../../../fixtures/datasheets/index.ts';
import { PROFILES } from '../../../src/driver/index.ts';
import { loadRig } from '../../../src/rig/index.ts';
import { run } from '../../cli/h1-hil.ts';

const FETCH = fileURLToPath(new URL('../../../rigs/virtual-lab/fetch.sh', import.meta.url));
const RIGS = fileURLToPath(new URL('../../../rigs/', import.meta.url));

const HAS_DPKG = existsSync('/usr/bin/dpkg-deb');

/** A folder with a cache, packages and programs that stand in for others. */
const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-kernels-'));
    for (const name of ['cache', 'packages', 'bin']) mkdirSync(join(folder, name));
    await use(folder);
    rmSync(folder, { recursive: true });
  },
});

/** Makes an empty Debian package. */
function makePackage(folder: string, name: string): void {
  const tree = join(folder, 'tree', name);
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  const fields = [
    'Version: 1',
    'Architecture: amd64',
    'Maintainer: nobody <n@example.org>',
    'Description: test',
  ];
  writeFileSync(join(tree, 'DEBIAN', 'control'), [`Package: ${name}`, ...fields, ''].join('\n'));
  execFileSync(
    'dpkg-deb',
    ['--root-owner-group', '--build', tree, join(folder, 'packages', `${name}_1_amd64.deb`)],
    {
      stdio: 'ignore',
    },
  );
}

/** A program of this name, which is found before every other. */
function standIn(folder: string, name: string, script: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bin', name), 0o755);
}

const fetch = (
  folder: string,
  ...words: string[]
): { status: number | null; stdout: string; stderr: string } =>
  spawnSync('sh', [FETCH, words[0]!, join(folder, 'cache'), ...words.slice(1)], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` },
  });

test('each kernel has a series with profile and datasheet, and suites', () => {
  for (const { name, series, flavour, suites } of labKernels()) {
    expect(name.startsWith(series)).toBe(true);
    expect(flavour).toBe(name.endsWith('-rt') ? 'rt-amd64' : 'amd64');
    expect(suites.length).toBeGreaterThan(0);
    expect(seriesOf(name)).toBe(series);
    expect([PROFILES.has(`linux-${series}`), DATASHEETS.has(`linux-${series}`)]).toEqual([true, true]);
  }
});

test('each rig of the virtual lab names a kernel of the list, or none', () => {
  const names = readdirSync(RIGS).filter((file) => file.startsWith('virtual-lab') && file.endsWith('.yaml'));
  expect(names.length).toBeGreaterThan(5);
  for (const file of names) {
    const { board } = loadRig(join(RIGS, file));
    const kernel = board.kind === 'virtual-lab' ? board.kernel : 'not a virtual lab';
    expect([undefined, ...labKernels().map(({ name }) => name)]).toContain(kernel);
  }
});

test('a folder with packages is taken as it is; the newest release of the series and flavour is chosen', ({
  folder,
}) => {
  test.skip(!HAS_DPKG, 'dpkg-deb is not on this machine');
  const newest = '6.12.10+deb13-amd64';
  const kernels = ['6.12.9+deb13-amd64', newest, '6.12.11+deb13-rt-amd64', '6.1.0-57-amd64'];
  for (const kernel of kernels) makePackage(folder, `linux-image-${kernel}`);
  for (const name of [
    `linux-headers-${newest}`,
    'linux-headers-6.12.10+deb13-common',
    'linux-kbuild-6.12.10+deb13',
  ])
    makePackage(folder, name);
  expect(fetch(folder, '6.12', join(folder, 'packages'))).toMatchObject({ status: 0, stdout: `${newest}\n` });
  expect(readdirSync(join(folder, 'cache', 'packages', newest)).sort()).toEqual([
    'linux-headers-6.12.10+deb13-amd64_1_amd64.deb',
    'linux-headers-6.12.10+deb13-common_1_amd64.deb',
    'linux-image-6.12.10+deb13-amd64_1_amd64.deb',
    'linux-kbuild-6.12.10+deb13_1_amd64.deb',
  ]);
  // What is there is not fetched again.
  for (const program of ['apt-get', 'apt-cache'])
    standIn(folder, program, 'echo "asks the network" >&2; exit 1');
  expect(fetch(folder, '6.12')).toMatchObject({ status: 0, stdout: `${newest}\n`, stderr: '' });
});

test('a package that is missing in the folder is named', ({ folder }) => {
  test.skip(!HAS_DPKG, 'dpkg-deb is not on this machine');
  makePackage(folder, 'linux-image-7.2.1+deb14-amd64');
  const packages = join(folder, 'packages');
  expect(fetch(folder, '7.2', packages).stderr).toContain(
    `virtual lab: the package linux-headers-7.2.1+deb14-amd64 of kernel 7.2.1+deb14-amd64 is missing in ${packages}.`,
  );
  expect(fetch(folder, '6.12', packages).stderr).toContain('is a kernel of series 6.12 and flavour amd64');
});

test('suites that cannot be reached are a sentence that says what else can be done', ({ folder }) => {
  standIn(folder, 'apt-cache', 'exit 0');
  standIn(
    folder,
    'apt-get',
    'case "$*" in *indextargets*) echo "http://archive.example/debian|sid|Debian|Packages";; *) echo "E: no route to the archive"; exit 100;; esac',
  );
  const { status, stderr } = fetch(folder, '7.2');
  expect(status).toBe(1);
  expect(stderr).toContain('no Debian suite has a kernel of series 7.2 and flavour amd64');
  expect(stderr).toContain('the index of forky cannot be fetched: E: no route to the archive');
  expect(stderr).toContain('h1-hil lab prepare 7.2 --from PLACE');
  expect(existsSync(join(folder, 'cache', 'kernels', '7.2'))).toBe(false);
});

test('a kernel that is not in the list, and one that is not prepared, are sentences with exit code 2', async ({
  folder,
}) => {
  const unknown = await run(['lab', 'prepare', '6.13']);
  expect(unknown.stderr).toContain('There is no kernel 6.13');
  expect(unknown.stderr).toContain(
    `Known kernels: ${labKernels()
      .map(({ name }) => name)
      .join(', ')}.`,
  );
  expect(unknown.code).toBe(2);
  const rig = join(folder, 'lab.yaml');
  const text = readFileSync(join(RIGS, 'virtual-lab-7.2.yaml'), 'utf8');
  writeFileSync(rig, text.replace("kernel: '7.2'", "kernel: '7.1'"));
  const other = await run(['run', '--rig', rig]);
  expect(other.stderr).toContain('The virtual lab has no kernel 7.1');
  expect(other.code).toBe(2);
});
