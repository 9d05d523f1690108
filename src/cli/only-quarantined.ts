import { nightOf, quarantineOf } from '../history/index.ts';
import { quoted } from '../report/quoted.ts';
import { UsageError } from '../units/index.ts';
import { knownFailures } from './history-place.ts';
import { testsIn } from './list-tests.ts';
import type { RunRequest } from './run-request.ts';

/** The request, with no other tests than the quarantined ones. @throws UsageError when there are none of them */
export async function onlyQuarantined(request: RunRequest, file: string | undefined): Promise<RunRequest> {
  const known = knownFailures(file);
  const { rig, seed, profiles, folder, drivers } = request;
  const night = nightOf(new Date().getTime());
  const tests = (await testsIn(request)).filter(({ suite, profile, titles }) => {
    const test = { suite, profile, title: titles.at(-1)! };
    return quarantineOf(known, test, rig.key, night) !== undefined;
  });
  if (tests.length === 0)
    throw new UsageError(
      `None of these tests is quarantined on rig ${rig.key}${file === undefined ? '; --known names the file that says which are' : ` by ${file}`}.`,
    );
  const lines = tests.map(({ profile, file: suite, titles }) =>
    [`[${profile}]`, suite, ...titles].join(' › '),
  );
  return {
    ...request,
    last: { seed, profiles, folder, drivers, claim: request.claim, soaks: [], tests: [...new Set(lines)] },
    again: `${request.again} --only-quarantined${file === undefined ? '' : ` --known ${quoted(file)}`}`,
  };
}
