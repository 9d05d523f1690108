import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test as base } from '@playwright/test';
import { readOwnTests } from '../src/cli/own-tests.ts';
import { trackedFiles } from './tracked-files.ts';

// Node and git are all that the project needs. Here a copy of it stands without the optional packages, and on a PATH without
// compilers, Python, QEMU and the programs that tests run.

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Programs that a bare machine has not. */
const ABSENT =
  /^(cc|gcc|g\+\+|c\+\+|make|cpio|busybox|ldd|tshark|sigrok-cli|swtpm|chromium)$|^(python|qemu-|swtpm|tpm2|avr-|x86_64-linux-gnu-)/;

interface Machine {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

const test = base.extend<object, { machine: Machine }>({
  machine: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'h1-hil-bare-'));
      // One test runs as another user.
      chmodSync(folder, 0o755);
      copyProject(join(folder, 'project'));
      linkPrograms(join(folder, 'bin'));
      // With CI=true nothing is skipped.
      const env = { ...process.env, PATH: join(folder, 'bin'), CI: '' };
      await use({ folder: join(folder, 'project'), env });
      rmSync(folder, { recursive: true });
    },
    { scope: 'worker' },
  ],
});

function copyProject(to: string): void {
  for (const file of trackedFiles('')) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(ROOT, file), join(to, file));
  }
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    optionalDependencies: Readonly<Record<string, string>>;
  };
  mkdirSync(join(to, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    // What was made here knows the packages of this machine.
    if (!Object.hasOwn(optionalDependencies, name) && name !== '.cache')
      symlinkSync(join(ROOT, 'node_modules', name), join(to, 'node_modules', name));
}

/** Earlier folders of the PATH come first, as the shell looks. */
function linkPrograms(to: string): void {
  mkdirSync(to);
  const linked = new Set<string>();
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    for (const name of programsIn(folder))
      if (!ABSENT.test(name) && !linked.has(name)) {
        symlinkSync(join(folder, name), join(to, name));
        linked.add(name);
      }
}

function programsIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

test.describe.configure({ mode: 'default', timeout: 600_000 });

/** Runs a program of node_modules on the bare machine. @throws what it said, when it does not end with 0 */
async function runTool({ folder, env }: Machine, tool: string, ...args: readonly string[]): Promise<void> {
  const file = join(folder, 'node_modules', tool);
  await promisify(execFile)(process.execPath, [file, ...args], { cwd: folder, env, maxBuffer: 1 << 26 });
}

test('a machine without a compiler and optional packages has the same types', async ({ machine }) => {
  await runTool(machine, 'typescript/bin/tsc', '--noEmit');
});

test('what needs a compiler, a built package or a program is skipped there with its reason, and nothing fails', async ({
  machine,
}) => {
  const results = join(machine.folder, 'results.json');
  const env = { ...machine.env, PLAYWRIGHT_JSON_OUTPUT_NAME: results };
  const folders = ['boards/controller', 'boards/kernel-host', 'boards/linux', 'boards/contract', 'doctor'];
  const files = ['rig/console.test.ts', 'rig/rig-bench.test.ts', 'boards/optional-packages.test.ts'];
  await runTool(
    { ...machine, env },
    '@playwright/test/cli.js',
    ...['test', '--config', 'tests', '--reporter', 'json', '--workers', '1'],
    ...[...folders, ...files].map((path) => `tests/${path}`),
  ).catch(() => undefined);
  const { failures, passed, skipped, skips } = readOwnTests(readFileSync(results, 'utf8'));
  expect(failures).toEqual([]);
  expect(passed).toBeGreaterThan(100);
  expect(skipped).toBeGreaterThan(80);
  expect([...skips.keys()]).not.toContain('no reason given');
});
