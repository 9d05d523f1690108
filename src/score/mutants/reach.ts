import type { Mutant } from './mutant.ts';

/** A test of a healthy run: the path of its titles, and its time in milliseconds. */
export interface TimedTest {
  readonly path: string;
  readonly ms: number;
}

/** What a test costs beside its own time, in milliseconds. */
const OVERHEAD_MS = 20;

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
  /** The mutants of each file that each test reaches, by the path of the test. */
  readonly #inFile = new Map<string, Map<string, string[]>>();
  readonly #orders = new Map<string, ReadonlyMap<string, number>>();

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
    for (const id of reached) {
      this.#addInFile(id, test);
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

  #addInFile(id: string, test: string): void {
    const file = this.#fileOf.get(id) ?? '';
    const tests = this.#inFile.get(file) ?? new Map<string, string[]>();
    this.#inFile.set(file, tests);
    const ids = tests.get(test);
    if (ids === undefined) tests.set(test, [id]);
    else ids.push(id);
  }

  /**
   * The place of a test among those that look at a mutant, the lowest first. Each test is the one that runs most of what is
   * left of the mutant's file for its time; when nothing is left, all of the file counts again. So the first few tests see
   * the file from all sides.
   */
  rankOf(id: string): (test: TimedTest) => number {
    const file = this.#fileOf.get(id) ?? '';
    const order = this.#orders.get(file) ?? this.#orderOf(file);
    this.#orders.set(file, order);
    return ({ path }) => order.get(path) ?? Infinity;
  }

  #orderOf(file: string): ReadonlyMap<string, number> {
    const waiting = new Map(this.#inFile.get(file));
    const order = new Map<string, number>();
    let covered = new Set<string>();
    while (waiting.size > 0) {
      let best: { path: string; ids: readonly string[]; worth: number } | undefined;
      for (const [path, ids] of waiting) {
        const fresh = ids.reduce((count, id) => count + (covered.has(id) ? 0 : 1), 0);
        const worth = fresh / (this.passed.get(path)!.ms + OVERHEAD_MS);
        if (best === undefined || worth > best.worth) best = { path, ids, worth };
      }
      if (best!.worth === 0 && covered.size > 0) {
        covered = new Set();
        continue;
      }
      for (const id of best!.ids) covered.add(id);
      order.set(best!.path, order.size);
      waiting.delete(best!.path);
    }
    return order;
  }

  #testsOfFile(file: string | undefined): readonly TimedTest[] {
    const near = [...this.#tests].filter(([id]) => this.#fileOf.get(id) === file);
    return [...new Set(near.flatMap(([, tests]) => tests))];
  }
}

/**
 * The tests of the lowest ranks, as long as their times in a healthy run sum up to `limitMs` at most, but always one.
 */
export function chooseTests(
  tests: readonly TimedTest[],
  limitMs: number,
  rank: (test: TimedTest) => number,
): readonly TimedTest[] {
  const chosen: TimedTest[] = [];
  let ms = 0;
  for (const test of [...tests].sort((a, b) => rank(a) - rank(b))) {
    if (chosen.length > 0 && ms + test.ms > limitMs) continue;
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
