import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSoak } from '../report/soaks.ts';
import { writeRunSettings } from '../rig/index.ts';
import type { ChildEnd, ChildOptions } from './child.ts';
import { runNode } from './child.ts';
import { OWN_NAME } from './own-name.ts';
import { PLAYWRIGHT, runnerOf } from './playwright.ts';
import { LAST_FAILED_FILE } from './run-folder.ts';
import type { RunRequest } from './run-request.ts';

/** The runner needs this much longer than its limit, in milliseconds, to end the test that is under way. */
const RUNNER_ENDS_MS = 120_000;

/** How the test runner is started. */
export interface TestRunner {
  /** Options beside those of the request. */
  readonly args?: readonly string[];
  /** The run's id; empty when no rig is used. */
  readonly id: string;
  /** Where workers ask whether the rig still is this run's. */
  readonly broker?: string | undefined;
  /** Folder of the run, which is there. */
  readonly folder: string;
  /** Where the runner's own output goes. */
  readonly output?: 'inherit' | 'ignore' | NodeJS.WriteStream;
  readonly child?: Pick<ChildOptions, 'interrupts' | 'descriptors'>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the test runner on what was asked for. */
export function runTests(
  request: RunRequest,
  { args = [], id, broker, folder, output = 'inherit', child = {}, env = {} }: TestRunner,
): Promise<ChildEnd> {
  const { rig, suites, profiles, drivers, seed, grep, claim, judging, twin, limitMs } = request;
  const { soakForMs } = request;
  for (const soak of request.soaks) writeSoak(folder, soak);
  return runNode(
    [
      ...runnerFor(request),
      ...['test', '--pass-with-no-tests', ...args, ...request.runner],
      ...lastFailedArgs(request, folder),
      ...(grep === undefined ? [] : [`--grep=${grep}`]),
    ],
    {
      ...child,
      limitMs: limitMs + RUNNER_ENDS_MS,
      env: {
        ...env,
        ...writeRunSettings({
          ...{ rig: rig.key, suites: request.folder, only: [...suites], profiles: [...profiles] },
          ...{
            seed,
            folder,
            id,
            limitMs,
            jobs: request.jobs,
            again: { run: `${OWN_NAME} run`, always: request.always },
          },
          ...(broker !== undefined && { broker }),
          ...(claim !== undefined && { claim }),
          ...(soakForMs !== undefined && { soakForMs }),
          ...(request.keepsTraces && { keepTraces: true }),
          ...(judging !== undefined && { judging }),
          ...(twin !== undefined && { twin }),
          ...(drivers.length > 0 && { drivers: [...drivers] }),
        }),
      },
      stdio: ['ignore', output, 'inherit'],
    },
  );
}

/** Writes the list of tests that are run again. */
function lastFailedArgs({ last }: RunRequest, folder: string): string[] {
  if (last === undefined) return [];
  const file = join(folder, LAST_FAILED_FILE);
  writeFileSync(file, `${last.tests.join('\n')}\n`);
  return [`--test-list=${file}`];
}

/** Drivers of elsewhere may import any source. */
const runnerFor = ({ folder, suites, drivers }: RunRequest): readonly string[] =>
  drivers.length === 0 && !process.argv.includes('--debug') ? runnerOf(folder, suites) : [PLAYWRIGHT];
