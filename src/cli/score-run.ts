import { join } from 'node:path';
import type { RunSummary } from '../report/summary.ts';
import { readSummary } from '../report/summary.ts';
import type { RunSettings } from '../rig/index.ts';
import { writeRunSettings } from '../rig/index.ts';
import { runStep } from './child.ts';
import { NoResult } from './no-result.ts';
import { PLAYWRIGHT } from './playwright.ts';
import { ROOT } from './root.ts';

/** The folder of the suites. */
export const SUITES = join(ROOT, 'suites');

/** Runs suites in a process of their own and reads what came of it. @throws NoResult when nothing did */
export async function runForSummary(
  args: readonly string[],
  settings: Omit<RunSettings, 'suites' | 'holder'>,
  stdio: 'ignore' | 'to stderr' = 'ignore',
): Promise<RunSummary> {
  await runStep([PLAYWRIGHT, 'test', ...args, '--reporter', join(ROOT, 'reports/progress-reporter.ts')], {
    env: writeRunSettings({ ...settings, suites: SUITES, holder: 0 }),
    stdio: stdio === 'ignore' ? ['ignore', 'ignore', 'ignore'] : ['ignore', process.stderr, 'inherit'],
  });
  const summary = readSummary(settings.folder);
  if (summary === undefined)
    throw new NoResult(
      `The suites ended without a summary in ${settings.folder}. Run h1-hil run --seed ${settings.seed} to see why.`,
    );
  return summary;
}
