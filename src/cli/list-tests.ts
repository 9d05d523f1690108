import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { literal } from '../rig/index.ts';
import { UsageError } from '../units/index.ts';
import { EXIT } from './exit-code.ts';
import { printJson } from './print-json.ts';
import type { RunRequest } from './run-request.ts';
import { noTest } from './run-request.ts';
import type { ListedTest } from './test-list.ts';
import { firstErrorOf, readTestList, showTestList } from './test-list.ts';
import { runTests } from './test-runner.ts';

/** Prints the tests that a run would have, and runs none. @throws UsageError when there is none. */
export async function listTests(request: RunRequest, isJson: boolean): Promise<number> {
  const tests = await testsIn(request);
  if (isJson) printJson(tests);
  else process.stdout.write(`${[...showTestList(tests), `${tests.length} tests`].join('\n')}\n`);
  return EXIT.pass;
}

/** The tests that a run would have. @throws UsageError when there is none, or a suite cannot be loaded */
export async function testsIn(request: RunRequest): Promise<readonly ListedTest[]> {
  const folder = mkdtempSync(join(tmpdir(), 'h1-hil-list-'));
  try {
    let tests = await testsOf(request, folder);
    if (tests.length === 0 && request.grep !== undefined)
      tests = await testsOf({ ...request, grep: literal(request.grep) }, folder);
    if (tests.length === 0) throw noTest(request);
    return tests;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws UsageError when a suite cannot be loaded */
async function testsOf(request: RunRequest, folder: string): Promise<readonly ListedTest[]> {
  const file = join(folder, 'tests.json');
  const { code } = await runTests(request, {
    args: ['--list', '--reporter=json'],
    ...{ id: '', folder, output: 'ignore', env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file } },
  });
  const list = readFileSync(file, 'utf8');
  if (code !== 0) throw new UsageError(`The suites cannot be listed: ${firstErrorOf(list)}`);
  return readTestList(list);
}
