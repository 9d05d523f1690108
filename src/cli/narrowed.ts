import { nightOf, quarantineOf } from '../history/index.ts';
import { quoted } from '../report/quoted.ts';
import { nearest, UsageError } from '../units/index.ts';
import { knownFailures } from './history-place.ts';
import { testsIn } from './list-tests.ts';
import type { RunOptions, RunRequest } from './run-request.ts';
import type { ListedTest } from './test-list.ts';

/**
 * The request, with no other tests than those that --only-quarantined and --tag choose.
 * @throws UsageError when there are none of them
 */
export async function narrowed(request: RunRequest, options: RunOptions): Promise<RunRequest> {
  const { onlyQuarantined, known, tag } = options;
  if (onlyQuarantined !== true && tag === undefined) return request;
  const all = await testsIn(request);
  const tagged = tag === undefined ? all : withTag(all, tag);
  const tests = onlyQuarantined === true ? quarantined(tagged, request, known) : tagged;
  const words = [
    ...(tag === undefined ? [] : ['--tag', ...tag.map(quoted)]),
    ...(onlyQuarantined === true ? ['--only-quarantined'] : []),
    ...(onlyQuarantined === true && known !== undefined ? ['--known', quoted(known)] : []),
  ];
  const { seed, profiles, folder, drivers, claim } = request;
  const lines = tests.map(({ profile, file, titles }) => [`[${profile}]`, file, ...titles].join(' › '));
  return {
    ...request,
    last: { seed, profiles, folder, drivers, claim, soaks: [], tests: [...new Set(lines)] },
    words: [...request.words, ...words],
    again: [request.again, ...words].join(' '),
  };
}

/** The tests that carry one of these tags, or cite one of these clauses. @throws UsageError when none does */
function withTag(tests: readonly ListedTest[], wanted: readonly string[]): readonly ListedTest[] {
  const known = [...new Set(tests.flatMap(tagsOf))];
  const asked = new Set(wanted.map(plain));
  const missing = wanted.find((tag) => !known.some((one) => plain(one) === plain(tag)));
  if (missing !== undefined) {
    const near = nearest(missing, known);
    throw new UsageError(
      `No test has the tag ${missing}${near === undefined ? '. A tag is one that a suite gives to its test, or a clause that the test cites, such as "CHIP 2" or "BUGS L-12"' : `; did you mean ${near}?`}${near === undefined ? ': h1-hil run --list --json shows them.' : ''}`,
    );
  }
  return tests.filter((test) => tagsOf(test).some((tag) => asked.has(plain(tag))));
}

const tagsOf = ({ tags, sources }: ListedTest): readonly string[] => [...tags, ...sources];

/** A tag as it is compared: case counts for nothing, and neither does the sign before it. */
const plain = (tag: string): string => tag.replace(/^@/, '').toLowerCase();

function quarantined(
  tests: readonly ListedTest[],
  { rig }: RunRequest,
  file: string | undefined,
): readonly ListedTest[] {
  const known = knownFailures(file);
  const night = nightOf(new Date().getTime());
  const found = tests.filter(({ suite, profile, titles }) => {
    const test = { suite, profile, title: titles.at(-1)! };
    return quarantineOf(known, test, rig.key, night) !== undefined;
  });
  if (found.length > 0) return found;
  throw new UsageError(
    `None of these tests is quarantined on rig ${rig.key}${file === undefined ? '; --known names the file that says which are' : ` by ${file}`}.`,
  );
}
