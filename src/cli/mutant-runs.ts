import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JournalEntry } from '../report/journal.ts';
import { readJournal } from '../report/journal.ts';
import { endOf, tallyOf } from '../report/tally.ts';
import type { RunSettings } from '../rig/index.ts';
import { writeRunSettings } from '../rig/index.ts';
import type { Fate, Mutant, TimedTest } from '../score/mutants/index.ts';
import {
  chooseTests,
  fateOfFailures,
  filesBelow,
  growTree,
  hashOfSources,
  instrument,
  listed,
  MUTATED,
  Reach,
  REACH_VARIABLE,
  UNTOUCHED,
} from '../score/mutants/index.ts';
import { UsageError } from '../units/index.ts';
import type { ChildEnd } from './child.ts';
import { runNode } from './child.ts';
import { Interrupted } from './interrupts.ts';
import { NoResult } from './no-result.ts';
import { PLAYWRIGHT } from './playwright.ts';
import { PLAN_VARIABLE, titleWith } from '../report/mutant-title.ts';
import type { MutantSettings } from './mutant-settings.ts';
import { ENOUGH, Findings, titleOf } from './mutant-findings.ts';
import { ROOT } from './root.ts';

/** The switch of the instrumented source. */
const ACTIVE = '__STRYKER_ACTIVE_MUTANT__';
/** Most mutants die in a few tests, so their tests are run in rounds. Time of a round's tests in a healthy run, in ms. */
const ROUNDS_MS = [1_500, 8_000] as const;
/** How much longer than in a healthy run tests may take, and what the start of the runner may take. */
const PATIENCE = { factor: 8, startMs: 60_000 };
/** Maximum time for one test with a mutant. */
const TEST_LIMIT_MS = 30_000;

/** What a build leaves in its folder. */
const OURS = /^(tree|sources|mutants\.json|healthy|mutants|outcomes-.*\.jsonl)$/;

/** Empties the folder of an earlier build, or makes one. @throws UsageError when it holds anything else, which stays */
function emptyBuildFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder);
  const foreign = names.find((name) => !OURS.test(name));
  if (foreign !== undefined)
    throw new UsageError(
      `The build cannot go to ${folder}: ${foreign} is there and is not of an earlier build. Name an empty folder.`,
    );
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
}

/** The build with all mutants, in a folder that is kept, so that a run that was interrupted can go on. */
export class MutantBuild {
  readonly #tree: string;
  #reach!: Reach;
  #mutants: readonly Mutant[] = [];

  constructor(private readonly settings: MutantSettings) {
    this.#tree = join(settings.folder, 'tree');
  }

  /** Makes the build when there is none of this source. Returns its mutants. */
  async prepare(): Promise<readonly Mutant[]> {
    const { folder, suites, tell } = this.settings;
    const mark = join(folder, 'sources');
    const list = join(folder, 'mutants.json');
    const hash = [hashOfSources(ROOT), ...suites].join(' ');
    if (!existsSync(mark) || readFileSync(mark, 'utf8') !== hash) {
      emptyBuildFolder(folder);
      tell('Making the build with all mutants ...');
      growTree(ROOT, this.#tree);
      const files = MUTATED.flatMap(({ folder: part }) => filesBelow(this.#tree, part)).filter(
        (file) => !UNTOUCHED.includes(file),
      );
      writeFileSync(list, JSON.stringify(await instrument(this.#tree, files)));
      await this.#bundle();
      writeFileSync(mark, hash);
    }
    this.#mutants = JSON.parse(readFileSync(list, 'utf8')) as Mutant[];
    return this.#mutants;
  }

  /** The bundle of the tree, so that a runner's process starts as fast as one of the project. */
  async #bundle(): Promise<void> {
    const bundle = JSON.stringify(pathToFileURL(join(this.#tree, 'src/cli/bundle.js')).href);
    const script = `import { make, RUNNER_ENTRIES } from ${bundle}; await make(RUNNER_ENTRIES);`;
    const { code, wasInterrupted } = await runNode(['--input-type=module', '--eval', script]);
    if (wasInterrupted) throw new Interrupted();
    if (code !== 0) throw new NoResult(`The build with all mutants in ${this.#tree} could not be bundled.`);
  }

  /** Runs every suite once without a mutant, and learns which test reaches which one. @throws NoResult */
  async learnReach(): Promise<void> {
    const { folder, profiles, tell } = this.settings;
    const healthy = join(folder, 'healthy', profiles.join('-'));
    const reached = join(healthy, 'reached.jsonl');
    if (!isWhole(readJournal(healthy))) {
      tell('Running every suite without a mutant ...');
      rmSync(healthy, { recursive: true, force: true });
      await this.#run(healthy, [], { env: { [REACH_VARIABLE]: reached } });
    }
    const journal = readJournal(healthy);
    if (!isWhole(journal)) throw new NoResult(`The suites ended without a result in ${healthy}.`);
    const tests = passedTests(journal);
    if (tests.length === 0) throw new NoResult('No test passes without a mutant.');
    tell(`${tests.length} tests pass without a mutant. The others are not used.`);
    this.#reach = new Reach(
      readFileSync(reached, 'utf8'),
      new Map(tests.map((test) => [test.path, test])),
      this.#mutants,
    );
  }

  /**
   * Judges mutants, and gives each to `judged` as soon as its fate is known. @throws Interrupted, after those were given whose
   * fate was known until then
   */
  async judge(mutants: readonly Mutant[], judged: (mutant: Mutant, fate: Fate) => void): Promise<void> {
    const cases: MutantCase[] = [];
    for (const mutant of mutants) {
      const { tests, reaching } = this.#testsOf(mutant);
      if (tests.length === 0) judged(mutant, { fate: 'unreached' });
      else cases.push({ mutant, tests, reaching });
    }
    const { isAlone } = this.settings;
    const alone = cases.filter(({ mutant: { id } }) => isAlone === true || this.#reach.isLoaded(id));
    await this.#judgeTogether(
      cases.filter((one) => !alone.includes(one)),
      judged,
    );
    const work = async (): Promise<void> => {
      for (let one = alone.shift(); one !== undefined; one = alone.shift())
        judged(one.mutant, await this.#fateAlone(one));
    };
    const workers = Array.from({ length: this.settings.jobs }, () =>
      work().catch((failure: unknown) => {
        // No other worker begins another mutant.
        alone.length = 0;
        throw failure;
      }),
    );
    await allOf(workers);
  }

  #testsOf({ id }: Mutant): Pick<MutantCase, 'tests' | 'reaching'> {
    const reaching = this.#reach.testsOf(id);
    const tests = this.#chosen(id, reaching, this.settings.testsMs);
    return { tests, reaching: reaching.length };
  }

  #chosen = (id: string, tests: readonly TimedTest[], limitMs: number): readonly TimedTest[] =>
    chooseTests(tests, limitMs, this.#reach.rankOf(id));

  /** Rounds of tests of many mutants, each in a runner that is started once and switches them on one after the other. */
  async #judgeTogether(
    cases: readonly MutantCase[],
    judged: (mutant: Mutant, fate: Fate) => void,
  ): Promise<void> {
    const { profiles, tell } = this.settings;
    const found = new Findings();
    let alive = cases;
    for (const [round, limitMs] of [...ROUNDS_MS, Infinity].entries()) {
      const wanted = new Map(
        alive.map(({ mutant: { id }, tests }) => [
          id,
          this.#chosen(
            id,
            tests.filter(({ path }) => !found.hasEnded(id, path)),
            limitMs,
          ),
        ]),
      );
      const count = [...wanted.values()].reduce((sum, { length }) => sum + length, 0);
      if (count === 0) continue;
      tell(`Round ${round + 1}: ${alive.length} mutants, ${count} tests of them ...`);
      for (const profile of profiles) await this.#runTogether(profile, wanted, found);
      for (const { mutant } of alive) {
        const fate = found.fateOf(mutant.id);
        if (fate !== undefined) judged(mutant, fate);
      }
      alive = alive.filter(({ mutant: { id } }) => found.fateOf(id) === undefined);
    }
    for (const { mutant, tests, reaching } of alive) {
      const missed = tests.filter(({ path }) => !found.hasEnded(mutant.id, path)).length;
      judged(mutant, { fate: 'survived', tests: tests.length - missed, reaching });
    }
  }

  /** Runs tests of one driver, each with its mutants, and again those that were not run since the runner ended before. */
  async #runTogether(
    profile: string,
    wanted: ReadonlyMap<string, readonly TimedTest[]>,
    found: Findings,
  ): Promise<void> {
    const folder = join(this.settings.folder, 'mutants', profile);
    for (let before = -1; before !== found.ended;) {
      before = found.ended;
      const waiting = [...wanted].flatMap(([id, tests]) =>
        found.isDead(id)
          ? []
          : tests
              .filter(({ path }) => path.startsWith(` › ${profile} › `) && !found.hasEnded(id, path))
              .map((test) => ({ id, test })),
      );
      if (waiting.length === 0) return;
      rmSync(folder, { recursive: true, force: true });
      const dead = join(folder, 'dead');
      mkdirSync(dead, { recursive: true });
      const mutants: Record<string, string[]> = {};
      for (const { id, test } of waiting) (mutants[titleOf(test)] ??= []).push(id);
      for (const ids of Object.values(mutants)) ids.splice(0, ids.length, ...new Set(ids));
      const paths = waiting.map(({ id, test }) => titleWith(test.path, id));
      const file = join(folder, 'plan.json');
      writeFileSync(file, JSON.stringify({ dead, enough: ENOUGH, mutants, paths }));
      const reporter = join(this.#tree, 'reports/mutant-reporter.ts');
      const healthyMs = waiting.reduce((sum, { test: { ms } }) => sum + ms, 0);
      await this.#run(folder, ['--project', profile, '--timeout', String(TEST_LIMIT_MS)], {
        env: { [PLAN_VARIABLE]: file },
        reporters: [reporter],
        limitMs: PATIENCE.startMs + PATIENCE.factor * healthyMs,
      });
      found.add(readJournal(folder));
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Runs tests of one mutant in runners of its own, until some fail. */
  async #fateAlone({ mutant: { id }, tests, reaching }: MutantCase): Promise<Fate> {
    const first = this.#chosen(id, tests, ROUNDS_MS[0]);
    const rest = tests.filter((test) => !first.includes(test));
    for (const some of [first, rest].filter(({ length }) => length > 0)) {
      const fate = await this.#tryAlone(id, some);
      if (fate !== undefined) return fate;
    }
    return { fate: 'survived', tests: tests.length, reaching };
  }

  async #tryAlone(id: string, tests: readonly TimedTest[]): Promise<Fate | undefined> {
    const folder = join(this.settings.folder, 'mutants', id);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const list = join(folder, 'tests.txt');
    writeFileSync(list, tests.map(listed).join('\n'));
    const limits = ['--max-failures', String(ENOUGH), '--timeout', String(TEST_LIMIT_MS), '--workers', '1'];
    const end = await this.#run(folder, ['--test-list', list, ...limits], {
      env: { [ACTIVE]: id },
      limitMs: PATIENCE.startMs + PATIENCE.factor * tests.reduce((sum, { ms }) => sum + ms, 0),
    });
    const journal = readJournal(folder);
    rmSync(folder, { recursive: true, force: true });
    return fateIn(journal, end);
  }

  async #run(
    folder: string,
    args: readonly string[],
    { env, reporters = [], limitMs }: TreeRun,
  ): Promise<ChildEnd> {
    const { seed, twin, jobs } = this.settings;
    const settings: RunSettings = {
      rig: 'sim',
      suites: join(this.#tree, 'suites'),
      profiles: [...this.settings.profiles],
      seed,
      folder,
      id: '',
      jobs,
      only: [...this.settings.suites],
      twin,
    };
    const reporter = [join(this.#tree, 'reports/progress-reporter.ts'), ...reporters].join(',');
    const config = join(this.#tree, 'playwright.config.ts');
    const bundled = ['--import', join(this.#tree, 'src/cli/runner-bundle.js'), PLAYWRIGHT];
    const end = await runNode([...bundled, 'test', '-c', config, '--reporter', reporter, ...args], {
      env: { ...writeRunSettings(settings), ...env },
      stdio: ['ignore', 'ignore', 'ignore'],
      ...(limitMs !== undefined && { limitMs }),
    });
    if (end.wasInterrupted) throw new Interrupted();
    return end;
  }
}

/** How the runner is started in the tree. */
interface TreeRun {
  readonly env: Readonly<Record<string, string>>;
  readonly reporters?: readonly string[];
  readonly limitMs?: number;
}

/** A mutant, and the tests that are to judge it. */
interface MutantCase {
  readonly mutant: Mutant;
  readonly tests: readonly TimedTest[];
  /** How many tests reach it. */
  readonly reaching: number;
}

/** What a run says of its mutant; undefined when every test passed. */
const fateIn = (journal: readonly JournalEntry[], { wasOverTime }: ChildEnd): Fate | undefined =>
  fateOfFailures(tallyOf(journal, []).failures) ??
  (wasOverTime || endOf(journal)?.status !== 'passed' ? { fate: 'hung' } : undefined);

/** The run came to its end, and no interrupt ended it. */
const isWhole = (journal: readonly JournalEntry[]): boolean =>
  ['passed', 'failed'].includes(endOf(journal)?.status ?? '');

function passedTests(journal: readonly JournalEntry[]): readonly TimedTest[] {
  const plan = journal.find((entry) => entry.kind === 'plan')?.tests ?? [];
  return journal.flatMap((entry): TimedTest[] =>
    entry.kind === 'test' && entry.outcome === 'passed'
      ? [{ path: plan[entry.test]!.path, ms: entry.ms }]
      : [],
  );
}

/** Waits until all have ended, so that nothing goes on behind an error. @throws the first error */
export async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(work);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
