import { join } from 'node:path';
import { readJournal } from '../report/journal.ts';
import type { Tally } from '../report/tally.ts';
import { endOf, tallyOf } from '../report/tally.ts';
import type { RunSettings } from '../rig/index.ts';
import { writeRunSettings } from '../rig/index.ts';
import { runStep } from './child.ts';
import { NoResult } from './no-result.ts';
import { BUNDLED_PLAYWRIGHT } from './playwright.ts';
import { ROOT, SUITES } from './root.ts';

/** Runs suites in another process and reads their summary. @throws NoResult when there is no summary. */
export async function runForSummary(
  args: readonly string[],
  settings: Omit<RunSettings, 'suites' | 'id' | 'only'>,
  stdio: 'ignore' | 'to stderr' = 'ignore',
): Promise<Tally> {
  await runStep(
    [...BUNDLED_PLAYWRIGHT, 'test', ...args, '--reporter', join(ROOT, 'reports/progress-reporter.ts')],
    {
      env: writeRunSettings({ ...settings, suites: SUITES, id: '', only: [] }),
      stdio: stdio === 'ignore' ? ['ignore', 'ignore', 'ignore'] : ['ignore', process.stderr, 'inherit'],
    },
  );
  const journal = readJournal(settings.folder);
  if (endOf(journal) === undefined)
    throw new NoResult(
      `The suites ended without a summary in ${settings.folder}. Run h1-hil run --seed ${settings.seed} to see why.`,
    );
  return tallyOf(journal, settings.profiles);
}
