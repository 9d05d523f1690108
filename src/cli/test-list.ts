import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

/** One test of a list, as `h1-hil run --list --json` prints it. */
export interface ListedTest {
  readonly suite: string;
  /** File below the folder of the suites, and the line at which the test begins: both are read by `h1-hil run`. */
  readonly file: string;
  readonly line: number;
  readonly profile: string;
  /** Titles of the groups that the test stands in, and its own. */
  readonly titles: readonly string[];
  /** Clauses that the test cites. */
  readonly sources: readonly string[];
  /** Tags that its suite gives it, without the sign @. */
  readonly tags: readonly string[];
}

const spec = z.object({
  title: z.string(),
  file: z.string(),
  line: z.number(),
  tags: z.array(z.string()),
  tests: z.array(
    z.object({
      projectName: z.string(),
      annotations: z.array(z.object({ type: z.string(), description: z.string().optional() })),
    }),
  ),
});
interface Group {
  readonly title: string;
  readonly specs: readonly z.output<typeof spec>[];
  readonly suites?: readonly Group[] | undefined;
}
const group: z.ZodType<Group> = z.object({
  title: z.string(),
  specs: z.array(spec),
  get suites() {
    return z.array(group).optional();
  },
});

/** Reads the test runner's list, its JSON report of a run that ran nothing. */
export function readTestList(text: string): readonly ListedTest[] {
  const { suites } = z.object({ suites: z.array(group) }).parse(JSON.parse(text));
  // The outermost groups are the files.
  return suites.flatMap((file) => testsIn(file, []));
}

/** The first error of a list that could not be made, without colours. */
export function firstErrorOf(text: string): string {
  const { errors } = z
    .object({ errors: z.array(z.object({ message: z.string().optional() })) })
    .parse(JSON.parse(text));
  return stripVTControlCharacters(errors[0]?.message ?? 'the test runner says no more').split('\n')[0]!;
}

function testsIn({ specs, suites = [] }: Group, above: readonly string[]): ListedTest[] {
  const own = specs.flatMap(({ title, file, line, tags, tests }) =>
    tests.map(({ projectName, annotations }) => ({
      suite: file.split('/')[0]!,
      file,
      line,
      profile: projectName,
      titles: [...above, title].filter((one) => one !== ''),
      tags: [...new Set(tags)],
      sources: annotations.flatMap(({ type, description = '' }) =>
        type === 'description' ? sourcesIn(description) : [],
      ),
    })),
  );
  return [...own, ...suites.flatMap((inner) => testsIn(inner, [...above, inner.title]))];
}

/** The clauses that a test's description cites, which are links: `Source: [CHIP 1.3](...)`. */
const sourcesIn = (description: string): string[] =>
  description.startsWith('Source: ')
    ? Array.from(description.matchAll(/\[([^\]]+)\]\(/g), ([, clause]) => clause!)
    : [];

/** The list for a person: a line for each file, and below it each test once, with the profiles that it runs with. */
export function showTestList(tests: readonly ListedTest[]): string[] {
  const lines: string[] = [];
  for (const [file, ofFile] of groupedBy(tests, (test) => test.file)) {
    lines.push(file);
    for (const [, same] of groupedBy(ofFile, (test) => `${test.line} ${test.titles.join(' › ')}`)) {
      const { line, titles } = same[0]!;
      lines.push(
        `  :${String(line).padEnd(4)} ${titles.join(' › ')}`,
        `        ${same.map(({ profile }) => profile).join(', ')}`,
      );
    }
  }
  return lines;
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
