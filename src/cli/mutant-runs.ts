import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from '../report/journal.ts';
import { readJournal } from '../report/journal.ts';
import { endOf, tallyOf } from '../report/tally.ts';
import type { RunSettings } from '../rig/index.ts';
import { writeRunSettings } from '../rig/index.ts';
import type { Fate, Mutant, Outcome, TimedTest } from '../score/mutants/index.ts';
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
import { Random } from '../sim/index.ts';
import { UsageError } from '../units/index.ts';
import type { ChildEnd } from './child.ts';
import { runNode } from './child.ts';
import { Interrupted } from './interrupts.ts';
import { NoResult } from './no-result.ts';
import { PLAYWRIGHT } from './playwright.ts';
import { ROOT } from './root.ts';

/** The switch of the instrumented source. */
const ACTIVE = '__STRYKER_ACTIVE_MUTANT__';
/** Most mutants die in a few tests, so those are run alone first. Time of these tests in a healthy run. */
const FIRST_MS = 4_000;
/** How much longer than in a healthy run tests may take, and what the start of the runner may take. */
const PATIENCE = { factor: 8, startMs: 60_000 };
/** Number of failures after which a mutant counts as killed. Their majority says whose fault it is. */
const ENOUGH = 3;
/** Maximum time for one test with a mutant. */
const TEST_LIMIT_MS = 60_000;

/** What decides how mutants are run. */
export interface MutantSettings {
  readonly folder: string;
  readonly seed: number;
  readonly profiles: readonly string[];
  /** Names of suites; all when empty. */
  readonly suites: readonly string[];
  readonly twin: NonNullable<RunSettings['twin']>;
  /** Time of all tests of one mutant in a healthy run. */
  readonly testsMs: number;
  readonly tell: (text: string) => void;
}

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
      writeFileSync(mark, hash);
    }
    this.#mutants = JSON.parse(readFileSync(list, 'utf8')) as Mutant[];
    return this.#mutants;
  }

  /** Runs every suite once without a mutant, and learns which test reaches which one. @throws NoResult */
  async learnReach(jobs: number): Promise<void> {
    const { profiles, tell } = this.settings;
    const waiting = [...profiles];
    const work = async (): Promise<void> => {
      for (let profile = waiting.shift(); profile !== undefined; profile = waiting.shift())
        await this.#learn(profile);
    };
    await allOf(Array.from({ length: jobs }, work));
    const tests = profiles.flatMap((profile) => passedTests(readJournal(this.#healthy(profile))));
    if (tests.length === 0) throw new NoResult('No test passes without a mutant.');
    tell(`${tests.length} tests pass without a mutant. The others are not used.`);
    const lines = profiles.map((profile) => readFileSync(this.#reached(profile), 'utf8')).join('');
    this.#reach = new Reach(lines, new Map(tests.map((test) => [test.path, test])), this.#mutants);
  }

  async #learn(profile: string): Promise<void> {
    const folder = this.#healthy(profile);
    if (isWhole(readJournal(folder))) return;
    this.settings.tell(`Running every suite with ${profile} and without a mutant ...`);
    rmSync(folder, { recursive: true, force: true });
    await this.#run(folder, ['--project', profile], { env: { [REACH_VARIABLE]: this.#reached(profile) } });
    if (!isWhole(readJournal(folder))) throw new NoResult(`The suites ended without a result in ${folder}.`);
  }

  #healthy = (profile: string): string => join(this.settings.folder, 'healthy', profile);
  #reached = (profile: string): string => join(this.#healthy(profile), 'reached.jsonl');

  /** Runs the tests that reach a mutant, until some fail. */
  async fateOf({ id }: Mutant): Promise<Fate> {
    const { testsMs, seed } = this.settings;
    const reaching = this.#reach.testsOf(id);
    if (reaching.length === 0) return { fate: 'unreached' };
    const tests = chooseTests(reaching, testsMs, new Random(seed));
    const first = chooseTests(tests, FIRST_MS, new Random(seed));
    const rest = tests.filter((test) => !first.includes(test));
    for (const some of [first, rest].filter(({ length }) => length > 0)) {
      const fate = await this.#try(id, some);
      if (fate !== undefined) return fate;
    }
    return { fate: 'survived', tests: tests.length, reaching: reaching.length };
  }

  async #try(id: string, tests: readonly TimedTest[]): Promise<Fate | undefined> {
    const folder = join(this.settings.folder, 'mutants', id);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const list = join(folder, 'tests.txt');
    writeFileSync(list, tests.map(listed).join('\n'));
    const limits = ['--max-failures', String(ENOUGH), '--timeout', String(TEST_LIMIT_MS)];
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
    { env, limitMs }: { readonly env: Readonly<Record<string, string>>; readonly limitMs?: number },
  ): Promise<ChildEnd> {
    const { seed, twin } = this.settings;
    const settings: RunSettings = {
      rig: 'sim',
      suites: join(this.#tree, 'suites'),
      profiles: [...this.settings.profiles],
      seed,
      folder,
      id: '',
      only: [...this.settings.suites],
      twin,
    };
    const reporter = join(ROOT, 'reports/progress-reporter.ts');
    const config = join(this.#tree, 'playwright.config.ts');
    const end = await runNode([PLAYWRIGHT, 'test', '-c', config, '--reporter', reporter, ...args], {
      env: { ...writeRunSettings(settings), ...env },
      stdio: ['ignore', 'ignore', 'ignore'],
      ...(limitMs !== undefined && { limitMs }),
    });
    if (end.wasInterrupted) throw new Interrupted();
    return end;
  }
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

/** The outcomes of earlier runs of the same build and the same settings, one JSON object a line. */
export class OutcomeFile {
  readonly #file: string;

  constructor({ folder, seed, twin, testsMs, profiles }: MutantSettings) {
    this.#file = join(folder, `outcomes-${[seed, twin, testsMs, ...profiles].join('-')}.jsonl`);
  }

  read(): ReadonlyMap<string, Outcome> {
    const lines = existsSync(this.#file) ? readFileSync(this.#file, 'utf8').split('\n') : [];
    const outcomes = lines.flatMap((line) => parsedOutcome(line) ?? []);
    return new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  }

  add(outcome: Outcome): void {
    appendFileSync(this.#file, `${JSON.stringify(outcome)}\n`);
  }
}

/** Undefined for a line that was cut off when the program was killed: that mutant is judged again. */
function parsedOutcome(line: string): Outcome | undefined {
  try {
    return JSON.parse(line) as Outcome;
  } catch {
    return undefined;
  }
}
