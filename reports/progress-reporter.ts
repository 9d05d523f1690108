import { stripVTControlCharacters } from 'node:util';
import { basename, dirname, relative } from 'node:path';
import type {
  FullConfig,
  FullResult,
  Reporter,
  Suite,
  TestCase,
  TestError,
  TestResult,
} from '@playwright/test/reporter';
import type { RunSettings } from '../src/rig/run-settings.ts';
import {
  ATTRIBUTION_NOTE,
  BUNDLE_NOTE,
  BREACH_NOTE,
  CELL_NOTE,
  CHIP_NOTE,
  DIGEST_NOTE,
  GUEST_NOTE,
  LOST_NOTE,
  SKIP_NOTE,
  TWIN_NOTE,
  TWINLESS_NOTE,
} from '../src/report/annotations.ts';
import type { Attribution } from '../src/report/attribution.ts';
import { LAB_CLASSES, WORKER_DIED } from '../src/report/attribution.ts';
import { citedIn } from '../src/report/citations.ts';
import { expectationOf } from '../src/report/expectation.ts';
import type { JournalEntry, Outcome, PlannedTest, TestEnd } from '../src/report/journal.ts';
import { addToJournal, beginJournal } from '../src/report/journal.ts';
import { readOutside } from '../src/report/outside.ts';
import type { Undeclared } from '../src/report/tally.ts';
import { quoted } from '../src/report/quoted.ts';
import { RunProgress } from '../src/report/run-progress.ts';
import { showSeconds, Terminal } from '../src/report/terminal.ts';
import { printableLines } from '../src/units/index.ts';

/** After this many lab failures in a row the run is ended: no test could tell anything any more. */
const MAX_LAB_FAILURES = 10;

/** Without an interactive terminal, a run that prints nothing else tells this often that it goes on, in milliseconds. */
const HEARTBEAT_MS = 60_000;

/** What a test counts while it is under way: it belongs into the line of the progress, and not into the log. */
const COUNTED = /^soak: \d+ of /;

/** Tests of one suite with one profile. */
interface Group extends Record<Outcome, number> {
  readonly suite: string;
  readonly profile: string;
  ms: number;
  /** Those that have not ended. */
  left: number;
}

/**
 * Prints one line for each suite and profile, for a person who follows the run. Writes the journal, from which
 * everything else is made.
 */
class ProgressReporter implements Reporter {
  readonly #terminal = new Terminal(process.stdout);
  readonly #undeclared: Undeclared[] = [];
  readonly #began = process.hrtime.bigint();
  readonly #numbers = new Map<string, number>();
  #settings!: RunSettings;
  #tests: readonly TestCase[] = [];
  #suites = '';
  #progress = new RunProgress(0, () => 0);
  #heartbeat: NodeJS.Timeout | undefined;
  #toldAt = 0;
  /** Groups that have begun and not ended, by their key, and the number of tests of each. */
  readonly #groups = new Map<string, Group>();
  readonly #sizes = new Map<string, number>();
  #outsideTold = 0;
  #labFailures = 0;
  #isRigDown = false;
  #hasJournal = true;
  readonly #reporterFailures = new Set<string>();

  constructor() {
    // With this signal, and no other, the runner ends and still writes a report.
    for (const signal of ['SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => process.kill(process.pid, 'SIGINT'));
    // A reporter may fail in a promise that nobody waits for. Without this the runner dies, and prints a stack.
    process.on('unhandledRejection', (reason) => {
      this.#reporterFailed(reason);
    });
  }

  printsToStdio(): boolean {
    return true;
  }

  onBegin(config: FullConfig, suite: Suite): void {
    this.#settings = config.metadata as RunSettings;
    this.#suites = config.projects[0]?.testDir ?? '';
    const tests = suite.allTests();
    this.#tests = tests;
    // A run of the command line has an empty folder.
    if (this.#settings.id === '') beginJournal(this.#settings.folder);
    for (const [number, test] of tests.entries()) {
      this.#numbers.set(test.id, number);
      const key = this.#groupOf(test);
      this.#sizes.set(key, (this.#sizes.get(key) ?? 0) + 1);
    }
    this.#note({ kind: 'plan', run: this.#settings.id, tests: tests.map((test) => this.#planned(test)) });
    this.#progress = new RunProgress(tests.length, this.#elapsed);
    this.#heartbeat = setInterval(this.#beat, HEARTBEAT_MS).unref();
    const { rig, profiles, seed } = this.#settings;
    this.#say(
      `${tests.length} tests on rig ${this.#terminal.strong(rig)}, profiles ${profiles.join(', ')}, seed ${seed}`,
    );
  }

  onTestBegin(test: TestCase): void {
    this.#progress.begin(`${this.#groupOf(test)} · ${test.title}`);
    this.#showProgress();
  }

  /** Prints what a worker writes to stderr between the lines, such as the last words of the watchdog. */
  onStdErr(chunk: string | Buffer): void {
    for (const line of printableLines(chunk.toString().trimEnd()).split('\n'))
      if (COUNTED.test(line)) this.#progress.count(line);
      else this.#say(`  ${line}`);
    this.#showProgress();
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    this.#progress.end();
    const group = this.#enter(test);
    group.ms += result.duration;
    const end = this.#withAlone(result, this.#withAgain(test, endOf(test, result)));
    group[end.outcome]++;
    this.#note({ kind: 'test', test: this.#numbers.get(test.id)!, ...end });
    if (end.outcome === 'passed') this.#labFailures = 0;
    for (const breach of end.breaches)
      this.#undeclared.push({ suite: group.suite, profile: group.profile, title: test.title, ...breach });
    if (end.failure !== undefined) this.#fail(test, end.failure);
    if (--group.left === 0) this.#leave(group);
  }

  /** Errors that belong to no test: a broken suite file, a fixture that could not be taken down. */
  onError(error: TestError): void {
    const message = firstSentence(error);
    this.#note({ kind: 'outside', ...this.#outside(message), message });
    this.#say(`  ${this.#terminal.bad('failed')}  outside of any test\n          ${message}`);
  }

  #reporterFailed(reason: unknown): void {
    const because = `A reporter of the runner failed: ${printableLines(String(reason))}`;
    if (this.#reporterFailures.has(because)) return;
    this.#reporterFailures.add(because);
    this.#note({
      kind: 'outside',
      class: 'lab service',
      rule: 'outside-of-tests',
      because,
      message: because,
    });
    this.#say(`  ${this.#terminal.bad('failed')}  outside of any test\n          ${because}`);
  }

  /** The attribution that the worker noted. Without a note the fault is the suite's, which could not be loaded. */
  #outside(message: string): Attribution {
    const noted = readOutside(this.#settings.folder)[this.#outsideTold++];
    return noted ?? { class: 'test', rule: 'outside-of-tests', because: message };
  }

  async onEnd({ status }: FullResult): Promise<{ status: FullResult['status'] }> {
    clearInterval(this.#heartbeat);
    for (const group of this.#groups.values()) this.#leave(group);
    this.#tellUndeclared();
    this.#note({ kind: 'end', status, ms: this.#elapsed() });
    return { status: this.#hasJournal ? status : 'failed' };
  }

  /**
   * Writes a line of the journal. The runner ignores what a reporter throws: the journal then has no end, and the
   * exit code is not 0.
   */
  #note(entry: JournalEntry): void {
    if (!this.#hasJournal) return;
    try {
      addToJournal(this.#settings.folder, entry);
    } catch (failure) {
      this.#hasJournal = false;
      this.#say(`  ${this.#terminal.bad('failed')}  the journal of the run: ${String(failure)}`);
    }
  }

  /** Adds the command that runs a failed test again. */
  #withAgain(test: TestCase, end: TestEnd): TestEnd {
    const { again } = this.#settings;
    if (end.failure === undefined || again === undefined) return end;
    const place = this.#placeOf(test);
    const isAlone =
      this.#tests.filter((one) => this.#placeOf(one) === place).length <= this.#settings.profiles.length;
    // One line may make several tests, and another file than the suite's may make them: then the title decides.
    const words =
      isAlone && place !== undefined ? [place] : [suiteFileOf(test), '--grep', quoted(test.title)];
    const command = [again.run, ...words, '--profile', profileOf(test), again.always].join(' ');
    return { ...end, failure: { ...end.failure, again: command } };
  }

  /** Adds the command that plays what a failed test did, without its suite. */
  #withAlone({ annotations }: TestResult, end: TestEnd): TestEnd {
    const bundle = BUNDLE_NOTE.read(annotations);
    if (end.failure === undefined || bundle === undefined) return end;
    const name = this.#settings.again?.run.split(' ')[0] ?? './h1-hil';
    const alone = `${name} repro run ${quoted(relative(process.cwd(), bundle))}`;
    return { ...end, failure: { ...end.failure, alone } };
  }

  /** File and line of a test; undefined when another file than its suite's makes it. */
  #placeOf(test: TestCase): string | undefined {
    const file = relative(this.#settings.suites, test.location.file);
    return file.replace(ENDING, '') === suiteFileOf(test)
      ? `${suiteFileOf(test)}:${test.location.line}`
      : undefined;
  }

  /** Milliseconds since the run began. */
  #elapsed = (): number => Number((process.hrtime.bigint() - this.#began) / 1_000_000n);

  #say(text: string): void {
    this.#toldAt = this.#elapsed();
    this.#terminal.line(text);
  }

  #showProgress(): void {
    this.#terminal.live(`  ${this.#progress.show()}`);
  }

  /** Moves the clock of the live line; in a log, a line when nothing was told for so long. */
  #beat = (): void => {
    if (this.#terminal.isLive) this.#showProgress();
    else if (this.#elapsed() - this.#toldAt >= HEARTBEAT_MS / 2) this.#say(`  ${this.#progress.show()}`);
  };

  #planned(test: TestCase): PlannedTest {
    const { title, annotations } = test;
    return {
      suite: this.#suiteOf(test),
      profile: profileOf(test),
      title,
      path: `${test.titlePath().join(' › ')}${repetitionOf(test)}`,
      sources: annotations.flatMap(({ type, description = '' }) =>
        type === 'description' ? citedIn(description) : [],
      ),
    };
  }

  #suiteOf = ({ location }: TestCase): string => basename(dirname(relative(this.#suites, location.file)));

  /** Tells which rules were broken without being declared, in how many tests, and the name of one of them. */
  #tellUndeclared(): void {
    for (const rule of new Set(this.#undeclared.map((one) => one.rule))) {
      const [first, ...others] = this.#undeclared.filter((one) => one.rule === rule);
      this.#say(
        `  undeclared  ${rule} in ${others.length + 1} tests, as in ${first!.suite} · ${first!.profile} · ${first!.title}`,
      );
    }
  }

  #groupOf = (test: TestCase): string => `${this.#suiteOf(test)} · ${profileOf(test)}`;

  #enter(test: TestCase): Group {
    const key = this.#groupOf(test);
    const group = this.#groups.get(key) ?? {
      suite: this.#suiteOf(test),
      profile: profileOf(test),
      ...{ passed: 0, failed: 0, skipped: 0, 'not run': 0, ms: 0 },
      left: this.#sizes.get(key)!,
    };
    this.#groups.set(key, group);
    return group;
  }

  /** Tells of a group when its last test has ended, or the run. */
  #leave(group: Group): void {
    const { passed, failed, skipped } = group;
    const terminal = this.#terminal;
    const counts = [
      terminal.good(`${passed} passed`.padStart(10)),
      failed > 0 ? terminal.bad(`${failed} failed`) : '',
      skipped > 0 ? `${skipped} skipped` : '',
    ].filter((part) => part !== '');
    this.#say(
      `  ${group.suite.padEnd(16)} ${group.profile.padEnd(14)} ${counts.join(', ')}  ${terminal.faint(showSeconds(group.ms))}`,
    );
    this.#groups.delete(`${group.suite} · ${group.profile}`);
  }

  #fail(test: TestCase, failure: NonNullable<TestEnd['failure']>): void {
    const [suite, profile] = [this.#suiteOf(test), profileOf(test)];
    this.#say(`  ${this.#terminal.bad('failed')}  ${suite} · ${profile} · ${test.title}`);
    this.#say(`          ${failure.message}`);
    this.#say(`          ${failure.class}: ${failure.because} (rule ${failure.rule})`);
    if (failure.again !== undefined) this.#say(`          again: ${failure.again}`);
    if (failure.alone !== undefined) this.#say(`          alone: ${failure.alone}`);
    if (!LAB_CLASSES.includes(failure.class)) return;
    if (++this.#labFailures >= MAX_LAB_FAILURES && !this.#isRigDown) {
      this.#isRigDown = true;
      this.#note({ kind: 'rig down' });
      this.#say(`          ${MAX_LAB_FAILURES} lab failures in a row: the run is ended.`);
      process.kill(process.pid, 'SIGINT');
    }
  }
}

const ENDING = /\.suite\.ts$/;

/** The suite's file of a test, as `h1-hil run` reads it. It stands below the profile in the titles. */
const suiteFileOf = (test: TestCase): string => test.titlePath()[2]!.replace(ENDING, '');

const profileOf = ({ parent }: TestCase): string => parent.project()?.name ?? '';

/** Distinguishes the repetitions of one test. */
const repetitionOf = ({ repeatEachIndex }: TestCase): string =>
  repeatEachIndex === 0 ? '' : ` (repetition ${repeatEachIndex + 1})`;

/** What the journal gets of one test. */
function endOf(test: TestCase, result: TestResult): TestEnd {
  const { annotations, duration, errors } = result;
  const skip = annotations.find(({ type }) => type === 'skip' || type === 'fixme');
  const outcome = outcomeOf(test, result, skip !== undefined);
  const message = errors.length > 0 ? `${stepOf(result)}${firstSentence(errors[0]!)}` : 'no error was given';
  return {
    outcome,
    ms: duration,
    digest: DIGEST_NOTE.read(annotations),
    chip: CHIP_NOTE.read(annotations),
    guest: GUEST_NOTE.read(annotations),
    cells: CELL_NOTE.all(annotations),
    twin: TWIN_NOTE.read(annotations),
    twinless: TWINLESS_NOTE.read(annotations),
    lost: LOST_NOTE.read(annotations),
    breaches: outcome === 'passed' ? BREACH_NOTE.all(annotations) : [],
    ...(outcome === 'skipped' && {
      skip: { reason: skip?.description ?? 'no reason given', skip: SKIP_NOTE.read(annotations) },
    }),
    ...(outcome === 'failed' && {
      failure: {
        ...(ATTRIBUTION_NOTE.read(annotations) ?? WORKER_DIED),
        message,
      },
    }),
  };
}

/** The runner says "skipped" also of a test that never began, as after the death of a worker. */
function outcomeOf(test: TestCase, { status }: TestResult, isSkip: boolean): Outcome {
  if (status === 'interrupted') return 'not run';
  if (status === 'skipped') return isSkip ? 'skipped' : 'not run';
  return status === test.expectedStatus ? 'passed' : 'failed';
}

/** The step of the procedure in which it failed, as `2. compare the answers: `; empty when it failed outside of one. */
function stepOf({ steps }: TestResult): string {
  const failed = steps.find(({ category, error }) => category === 'test.step' && error !== undefined);
  return failed === undefined ? '' : `${failed.title}: `;
}

/** What an expectation saw and expected; of another error its text without colours and stack, up to its first empty line. */
function firstSentence({ message, stack, value }: TestError): string {
  const text = stripVTControlCharacters(message ?? stack ?? value ?? '');
  const lines = text.split('\n').map((line) => line.trim());
  const end = lines.findIndex((line, at) => at > 0 && (line === '' || line.startsWith('at ')));
  const sentence = expectationOf(text) ?? lines.slice(0, end < 0 ? 3 : Math.min(end, 3)).join(' ');
  return printableLines(sentence);
}

// The runner loads a reporter by its default export.
export { ProgressReporter as default };
