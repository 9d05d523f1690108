import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { basename, dirname, join, relative } from 'node:path';
import type {
  FullConfig,
  FullResult,
  Reporter,
  Suite,
  TestCase,
  TestError,
  TestResult,
} from '@playwright/test/reporter';
import { endWith } from '../src/rig/end-with.ts';
import type { RunSettings } from '../src/rig/run-settings.ts';
import {
  ATTRIBUTION_NOTE,
  BREACH_NOTE,
  CELL_NOTE,
  CHIP_NOTE,
  DIGEST_NOTE,
  TWIN_NOTE,
} from '../src/report/annotations.ts';
import type { Attribution } from '../src/report/attribution.ts';
import { LAB_CLASSES, TOO_FEW_RUNS, WORKER_DIED } from '../src/report/attribution.ts';
import { readOutside } from '../src/report/outside.ts';
import type { Failure, RunSummary, Undeclared, Verdict } from '../src/report/summary.ts';
import { combineDigests, SUMMARY_FILE } from '../src/report/summary.ts';
import type { Cell, Tone } from '../src/report/tables.ts';
import { TableBook } from '../src/report/tables.ts';
import { TwinTable } from '../src/report/twin-table.ts';
import { showSeconds, Terminal } from '../src/report/terminal.ts';

const OUTSIDE = 'outside of any test';

/** The table that counts tests. */
const SUITES = 'Suites';

/** Lab failures in a row after which the run is ended: no test could say anything any more. */
const MOST_LAB_FAILURES = 10;

interface Group {
  readonly suite: string;
  readonly profile: string;
  passed: number;
  failed: number;
  skipped: number;
  ms: number;
}

/** One line a suite and profile for a person who follows the run; `summary.json` for everything that comes after it. */
class ProgressReporter implements Reporter {
  readonly #terminal = new Terminal(process.stdout);
  readonly #digests = new Map<string, string>();
  readonly #failures: Failure[] = [];
  readonly #undeclared: Undeclared[] = [];
  readonly #book = new TableBook(SUITES);
  readonly #twins = new TwinTable();
  readonly #skips: Record<string, number> = {};
  readonly #began = process.hrtime.bigint();
  readonly #counts = { passed: 0, failed: 0, skipped: 0 };
  #settings!: RunSettings;
  #suites = '';
  #planned = 0;
  #group: Group | undefined;
  #chip = '';
  #outsideTold = 0;
  #labFailures = 0;
  #isRigDown = false;

  printsToStdio(): boolean {
    return true;
  }

  onBegin(config: FullConfig, suite: Suite): void {
    this.#settings = config.metadata as RunSettings;
    this.#suites = config.projects[0]?.testDir ?? '';
    this.#planned = suite.allTests().length;
    const { rig, profiles, seed, holder } = this.#settings;
    if (holder !== 0) endWith(holder);
    this.#terminal.line(
      `${this.#planned} tests on rig ${this.#terminal.strong(rig)}, profiles ${profiles.join(', ')}, seed ${seed}`,
    );
  }

  onTestBegin(test: TestCase): void {
    this.#enter(test);
    const done = this.#counts.passed + this.#counts.failed + this.#counts.skipped;
    this.#terminal.live(
      `  ${done}/${this.#planned}  ${this.#group?.suite} · ${this.#group?.profile} · ${test.title}`,
    );
  }

  /** What a worker says on stderr, the watchdog's last words among it, stands between the lines. */
  onStdErr(chunk: string | Buffer): void {
    for (const line of chunk.toString().trimEnd().split('\n')) this.#terminal.line(`  ${line}`);
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    const group = this.#enter(test);
    group.ms += result.duration;
    const isFailed = result.status !== 'skipped' && result.status !== test.expectedStatus;
    const { annotations } = result;
    for (const digest of DIGEST_NOTE.all(annotations))
      this.#digests.set(test.titlePath().join(' › '), digest);
    this.#chip = CHIP_NOTE.read(annotations) ?? this.#chip;
    for (const cell of CELL_NOTE.all(annotations)) this.#note(cell, group.profile, isFailed);
    for (const tally of TWIN_NOTE.all(annotations)) this.#twins.add(tally, group.profile);
    if (result.status === 'skipped') {
      group.skipped++;
      this.#counts.skipped++;
      const reason = result.annotations.find(({ type }) => type === 'skip')?.description ?? 'no reason given';
      this.#skips[reason] = (this.#skips[reason] ?? 0) + 1;
    } else if (result.status === test.expectedStatus) {
      for (const breach of BREACH_NOTE.all(annotations))
        this.#undeclared.push({ suite: group.suite, profile: group.profile, title: test.title, ...breach });
      group.passed++;
      this.#counts.passed++;
      this.#labFailures = 0;
    } else if (result.status !== 'interrupted') {
      group.failed++;
      this.#counts.failed++;
      this.#fail(test, group, result);
    }
  }

  /** Errors that belong to no test: a broken suite file, a fixture that could not be taken down. */
  onError(error: TestError): void {
    const message = firstSentence(error);
    this.#failures.push({
      suite: '',
      profile: '',
      title: OUTSIDE,
      ...this.#outside(message),
      message,
    });
    this.#counts.failed++;
    this.#terminal.line(`  ${this.#terminal.bad('failed')}  outside of any test\n          ${message}`);
  }

  /** What the worker noted of it; without a note it is the suite, which could not be loaded. */
  #outside(message: string): Attribution {
    const noted = readOutside(this.#settings.folder)[this.#outsideTold++];
    return noted ?? { class: 'test', rule: 'outside-of-tests', because: message };
  }

  onEnd(result: FullResult): void {
    this.#leave();
    this.#tellUndeclared();
    for (const [cell, profile] of this.#twins.cells()) this.#book.add(cell, profile);
    const { rig, profiles, seed, folder } = this.#settings;
    const { passed, failed, skipped } = this.#counts;
    const summary: RunSummary = {
      verdict: this.#verdict(result),
      passed,
      failed,
      skipped,
      notRun: Math.max(0, this.#planned - passed - failed - skipped),
      skips: this.#skips,
      failures: this.#failures,
      undeclared: this.#undeclared,
      tables: this.#book.tables(profiles),
      digest: combineDigests(this.#digests),
      rig,
      profiles,
      seed,
      commit: commitOf(),
      chip: this.#chip,
      durationMs: Number((process.hrtime.bigint() - this.#began) / 1_000_000n),
    };
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, SUMMARY_FILE), `${JSON.stringify(summary, undefined, 2)}\n`);
  }

  #verdict({ status }: FullResult): Verdict {
    if (this.#isRigDown) return 'no verdict';
    if (status === 'interrupted') return 'interrupted';
    if (this.#failures.some(isOfChipOrDriver)) return 'fail';
    if (this.#failures.some(isOfLab)) return 'no verdict';
    if (this.#failures.length > 0) return 'inconclusive';
    if (status !== 'passed') return 'fail';
    return this.#counts.passed === 0 ? 'no verdict' : 'pass';
  }

  /** Rules that tests broke, and that they did not declare; how many tests did, and one of them. */
  #tellUndeclared(): void {
    for (const rule of new Set(this.#undeclared.map((one) => one.rule))) {
      const [first, ...others] = this.#undeclared.filter((one) => one.rule === rule);
      this.#terminal.line(
        `  undeclared  ${rule} in ${others.length + 1} tests, as in ${first!.suite} · ${first!.profile} · ${first!.title}`,
      );
    }
  }

  #enter(test: TestCase): Group {
    const suite = basename(dirname(relative(this.#suites, test.location.file)));
    const profile = test.parent.project()?.name ?? '';
    const current = this.#group;
    if (current?.suite === suite && current.profile === profile) return current;
    this.#leave();
    const group = { suite, profile, passed: 0, failed: 0, skipped: 0, ms: 0 };
    this.#group = group;
    return group;
  }

  #leave(): void {
    const group = this.#group;
    if (group === undefined) return;
    const { passed, failed, skipped } = group;
    const terminal = this.#terminal;
    const counts = [
      terminal.good(`${passed} passed`.padStart(10)),
      failed > 0 ? terminal.bad(`${failed} failed`) : '',
      skipped > 0 ? `${skipped} skipped` : '',
    ].filter((part) => part !== '');
    this.#terminal.line(
      `  ${group.suite.padEnd(16)} ${group.profile.padEnd(14)} ${counts.join(', ')}  ${terminal.faint(showSeconds(group.ms))}`,
    );
    this.#tell(group);
    this.#group = undefined;
  }

  #tell({ suite, profile, passed, failed, skipped }: Group): void {
    const parts = [
      passed > 0 ? `${passed} passed` : '',
      failed > 0 ? `${failed} failed` : '',
      skipped > 0 ? `${skipped} skipped` : '',
    ].filter((part) => part !== '');
    const tone: Tone = failed > 0 ? 'bad' : passed > 0 ? 'good' : 'fair';
    this.#book.add({ table: SUITES, row: suite, text: parts.join(', '), tone }, profile);
  }

  /** What a test that failed measured is in the table all the same, and says so. */
  #note(cell: Cell, profile: string, isFailed: boolean): void {
    this.#book.add(isFailed ? { ...cell, text: `${cell.text} (test failed)`, tone: 'bad' } : cell, profile);
  }

  #fail(test: TestCase, { suite, profile }: Group, { errors, annotations }: TestResult): void {
    const message = errors.length > 0 ? firstSentence(errors[0]!) : 'no error was given';
    const attribution = ATTRIBUTION_NOTE.read(annotations) ?? WORKER_DIED;
    const failure: Failure = { suite, profile, title: test.title, ...attribution, message };
    this.#failures.push(failure);
    this.#terminal.line(`  ${this.#terminal.bad('failed')}  ${suite} · ${profile} · ${test.title}`);
    this.#terminal.line(`          ${message}`);
    this.#terminal.line(`          ${failure.class}: ${failure.because} (rule ${failure.rule})`);
    if (!isOfLab(failure)) return;
    if (++this.#labFailures >= MOST_LAB_FAILURES && !this.#isRigDown) {
      this.#isRigDown = true;
      this.#terminal.line(`          ${MOST_LAB_FAILURES} lab failures in a row: the run is ended.`);
      process.kill(process.pid, 'SIGINT');
    }
  }
}

const isOfLab = (failure: Failure): boolean => LAB_CLASSES.includes(failure.class);
const isOfChipOrDriver = (failure: Failure): boolean => !isOfLab(failure) && failure.rule !== TOO_FEW_RUNS;

/** The error without colours and stack, up to its first empty line. */
function firstSentence({ message, stack, value }: TestError): string {
  const text = stripVTControlCharacters(message ?? stack ?? value ?? '');
  const lines = text.split('\n').map((line) => line.trim());
  const end = lines.findIndex((line, at) => at > 0 && (line === '' || line.startsWith('at ')));
  return lines.slice(0, end < 0 ? 3 : Math.min(end, 3)).join(' ');
}

function commitOf(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

// The runner loads a reporter by its default export.
export { ProgressReporter as default };
