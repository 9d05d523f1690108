import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import type { StageFailure, StageResult } from './stage.ts';

const testResult = z.object({
  annotations: z.array(z.object({ type: z.string(), description: z.string().optional() })),
  status: z.string(),
  results: z.array(z.object({ error: z.object({ message: z.string().optional() }).optional() })),
});
const spec = z.object({
  title: z.string(),
  file: z.string(),
  line: z.number(),
  tests: z.array(testResult),
});
interface Group {
  readonly specs: readonly z.output<typeof spec>[];
  readonly suites?: readonly Group[] | undefined;
}
const group: z.ZodType<Group> = z.object({
  specs: z.array(spec),
  get suites() {
    return z.array(group).optional();
  },
});
/** The part of the test runner's JSON report that is used here. */
const report = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
  suites: z.array(group),
  errors: z.array(z.object({ message: z.string().optional() })),
});

/** What the project's own tests came to. */
export interface OwnTests extends StageResult {
  /** Number of skipped tests for each reason. */
  readonly skips: ReadonlyMap<string, number>;
}

/** Reads the test runner's JSON report of the project's own tests. @throws ZodError when it is something else */
export function readOwnTests(text: string): OwnTests {
  const { stats, suites, errors } = report.parse(JSON.parse(text));
  const specs = suites.flatMap(specsOf);
  const failures = [
    ...specs.flatMap(failuresOf),
    ...errors.map(({ message }) => ({ title: 'outside of any test', message: firstLines(message) })),
  ];
  const failed = Math.max(stats.unexpected + stats.flaky, failures.length);
  return { passed: stats.expected, failed, skipped: stats.skipped, failures, skips: skipsOf(specs) };
}

const specsOf = ({ specs, suites = [] }: Group): z.output<typeof spec>[] => [
  ...specs,
  ...suites.flatMap(specsOf),
];

const failuresOf = ({ title, file, line, tests }: z.output<typeof spec>): StageFailure[] =>
  tests
    .filter(({ status }) => status === 'unexpected' || status === 'flaky')
    .map(({ results }) => ({
      title: `tests/${file}:${line} · ${title}`,
      message: firstLines(results.find(({ error }) => error !== undefined)?.error?.message),
      again: `npx playwright test -c tests tests/${file}:${line}`,
    }));

/** What was wrong, in one line: a matcher's message says what was expected and seen in lines of their own. */
function firstLines(message = 'no error was told'): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .map((line) => line.trim());
  const [first = ''] = lines;
  const more = lines.slice(1).filter((line) => /^(Expected|Received)\b/.test(line));
  return [first, ...more.slice(0, 2)].join('  ');
}

function skipsOf(specs: readonly z.output<typeof spec>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { annotations } of specs.flatMap(({ tests }) => tests))
    for (const { type, description = 'no reason given' } of annotations)
      if (type === 'skip') counts.set(description, (counts.get(description) ?? 0) + 1);
  return counts;
}
