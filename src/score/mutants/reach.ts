import type { Random } from '../../sim/index.ts';
import { shuffled } from '../detection.ts';
import type { Mutant } from './mutant.ts';

/** A test of a healthy run: the path of its titles, and its time in milliseconds. */
export interface TimedTest {
  readonly path: string;
  readonly ms: number;
}

/** The drivers that a row of the profiles is for. */
const DRIVERS_OF: Readonly<Record<string, readonly string[]>> = {
  'src/driver/profiles/linux-6.1.ts': ['linux-6.1'],
  'src/driver/profiles/cr50-spi-v1.ts': ['cr50-spi-v1', 'linux-6.1'],
};

/** The driver under test, from the path of titles of a test. */
const driverOf = ({ path }: TimedTest): string => path.split(' › ')[1]!;

/** Which tests run the code of which mutant. */
export class Reach {
  readonly #tests = new Map<string, TimedTest[]>();
  /** Mutants in code that runs when a file is loaded, before any test. */
  readonly #loaded = new Set<string>();
  readonly #fileOf: ReadonlyMap<string, string>;
  /** How many mutants each test reaches, by its path. */
  readonly #breadth = new Map<string, number>();

  /** `text` has one JSON object a line, written by each test; only tests in `passed` count. */
  constructor(
    text: string,
    private readonly passed: ReadonlyMap<string, TimedTest>,
    mutants: readonly Pick<Mutant, 'id' | 'file'>[],
  ) {
    this.#fileOf = new Map(mutants.map(({ id, file }) => [id, file]));
    for (const line of text.split('\n').filter((one) => one !== '')) this.#add(line);
  }

  #add(line: string): void {
    const { test, reached, loaded } = JSON.parse(line) as Record<'reached' | 'loaded', string[]> & {
      readonly test: string;
    };
    for (const id of loaded) this.#loaded.add(id);
    const timed = this.passed.get(test);
    if (timed === undefined) return;
    this.#breadth.set(test, reached.length);
    for (const id of reached) {
      const tests = this.#tests.get(id);
      if (tests === undefined) this.#tests.set(id, [timed]);
      else tests.push(timed);
    }
  }

  /**
   * The tests that reach a mutant. Where its code runs while files are loaded, no test can be told: those of the driver
   * whose row it changes, or those that reach the rest of its file, or every one.
   */
  testsOf(id: string): readonly TimedTest[] {
    const tests = this.#tests.get(id) ?? [];
    if (tests.length > 0 || !this.#loaded.has(id)) return tests;
    const file = this.#fileOf.get(id);
    const all = [...this.passed.values()];
    const drivers = file === undefined ? undefined : DRIVERS_OF[file];
    if (drivers !== undefined) return all.filter((test) => drivers.includes(driverOf(test)));
    const near = this.#testsOfFile(file);
    return near.length > 0 ? near : all;
  }

  /** A mutant in code that runs while files are loaded has to be on before that. */
  isLoaded = (id: string): boolean => this.#loaded.has(id);

  /** A test that reaches few mutants is about them, and one that reaches most passes by. */
  breadthOf = ({ path }: TimedTest): number => this.#breadth.get(path) ?? 0;

  #testsOfFile(file: string | undefined): readonly TimedTest[] {
    const near = [...this.#tests].filter(([id]) => this.#fileOf.get(id) === file);
    return [...new Set(near.flatMap(([, tests]) => tests))];
  }
}

/** File of a suite, from the path of titles of a test. */
const fileOf = ({ path }: TimedTest): string => path.split(' › ')[2]!;

function byFile(tests: readonly TimedTest[]): readonly TimedTest[][] {
  const files = new Map<string, TimedTest[]>();
  for (const test of tests) files.set(fileOf(test), [...(files.get(fileOf(test)) ?? []), test]);
  return [...files.values()];
}

/**
 * Tests that look at a mutant from as many sides as possible, as long as their times in a healthy run sum up to
 * `limitMs` at most, but always one. Suites take turns, and each begins with its test of the lowest `rank`; tests of the
 * same rank stand by chance.
 */
export function chooseTests(
  tests: readonly TimedTest[],
  limitMs: number,
  { random, rank = () => 0 }: { readonly random: Random; readonly rank?: (test: TimedTest) => number },
): readonly TimedTest[] {
  const order = (some: readonly TimedTest[]): TimedTest[] => [...some].sort((a, b) => rank(a) - rank(b));
  const queues = shuffled(byFile(order(shuffled(tests, random))), random).sort(
    ([a], [b]) => rank(a!) - rank(b!),
  );
  const chosen: TimedTest[] = [];
  let ms = 0;
  for (let turn = 0; queues.some((queue) => turn < queue.length); turn++)
    for (const queue of queues) {
      const test = queue[turn];
      if (test === undefined || (chosen.length > 0 && ms + test.ms > limitMs)) continue;
      chosen.push(test);
      ms += test.ms;
    }
  return chosen;
}

/** A test as the runner's list of tests names it: project, file, titles. */
export function listed({ path }: TimedTest): string {
  const [, project, ...titles] = path.split(' › ');
  return [`[${project}]`, ...titles].join(' › ');
}
