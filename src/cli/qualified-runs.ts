import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Collected, Known, Plan } from '../evidence/index.ts';
import { collectRun } from '../evidence/index.ts';
import type { RunHead } from '../history/index.ts';
import type { RunSummary } from '../report/summary.ts';
import { readSummary } from '../report/summary.ts';
import { isReal, loadRig } from '../rig/index.ts';
import { printableLines, UsageError } from '../units/index.ts';
import { EXIT } from './exit-code.ts';
import { historyPlace, withHistory } from './history-place.ts';
import { Interrupted } from './interrupts.ts';
import { testsIn } from './list-tests.ts';
import { commitOf, hashOf } from './run-context.ts';
import { OUT } from './run-folder.ts';
import type { RunOptions, RunRequest } from './run-request.ts';
import { checkRequest } from './run-request.ts';
import { runSuites } from './run-suites.ts';

/** Where runs for a qualification come from, beside new ones. */
export interface RunSources {
  /** Folders of reports that were offered. */
  readonly offered: readonly string[];
  /** History whose runs are taken where they fit, and where new ones go. */
  readonly history: string | undefined;
  /** Takes nothing from the history. */
  readonly isFresh: boolean;
  readonly isJson: boolean;
}

/** A rig of the policy, with the firmware that has to be on it. */
export interface RigWanted extends Pick<Plan['rigs'][number], 'rig' | 'suites' | 'kind'> {
  readonly version: string;
}

/** Gets the runs that a policy asks for: offered ones, ones of the history that fit, and new ones for the rest. */
export class QualifiedRuns {
  readonly #tests = new Map<string, readonly string[]>();

  constructor(
    private readonly plan: Plan,
    private readonly sources: RunSources,
  ) {}

  /** Checks rigs, suites and drivers before hours of runs. @throws UsageError, or what `loadRig` throws */
  async check(): Promise<void> {
    for (const { rig, suites, before } of this.plan.rigs)
      for (const name of before === undefined ? [rig] : [rig, before]) await this.#request(name, suites);
  }

  /**
   * The runs of one rig; together they have every suite, as far as they could be made.
   * @throws Interrupted
   */
  async of(wanted: RigWanted): Promise<readonly Collected[]> {
    const { rig, suites, kind } = wanted;
    const { rig: loaded } = await this.#request(rig, suites);
    const there = [...this.#offered(loaded.key), ...(await this.#fromHistory(loaded.key, wanted))];
    const chosen = new Set<string>();
    const open = suites.filter((suite) => {
      const found = there.find((folder) => this.#hasSuite(readSummary(folder), suite));
      if (found !== undefined) chosen.add(found);
      return found === undefined;
    });
    // An interruption costs a suite of a real board at most, and all of a simulated one, which is quick.
    const parts = open.length === 0 ? [] : kind === 'real' ? open.map((suite) => [suite]) : [open];
    for (const part of parts) chosen.add(await this.#run(rig, part));
    const collected: Collected[] = [];
    for (const folder of chosen) {
      const summary = readSummary(folder);
      if (summary !== undefined)
        collected.push(collectRun(folder, summary, await this.#known(rig, suites, summary)));
    }
    return collected;
  }

  #options(rig: string): RunOptions {
    const { drivers, seed } = this.plan;
    return { rig, profile: drivers, seed: String(seed), ...(this.sources.isJson && { json: true as const }) };
  }

  #request = (rig: string, suites: readonly string[]): Promise<RunRequest> =>
    checkRequest(suites, this.#options(rig));

  #offered(rig: string): string[] {
    return this.sources.offered
      .filter((folder) => readSummary(folder)?.rig === rig)
      .map((one) => resolve(one));
  }

  /** Folders of runs with the same firmware, rig file, rig, commit and simulated chance that are not too old, the newest first. */
  async #fromHistory(rig: string, { version, kind }: RigWanted): Promise<string[]> {
    const { history, isFresh } = this.sources;
    const place = historyPlace(history);
    if (isFresh || place === undefined || (!/^postgres/.test(place) && !existsSync(place))) return [];
    const heads = await withHistory(history, (open) => open.runs({ rig }));
    const fingerprint = heads.find((one) => one.fingerprint !== null)?.fingerprint;
    const rigHash = hashOf(readFileSync(loadRig(rig).file, 'utf8'));
    const [commit, now] = [commitOf(), new Date().getTime()];
    const isFit = (head: RunHead): boolean =>
      (head.fingerprint ?? fingerprint) === fingerprint &&
      head.rigHash === rigHash &&
      head.commit === commit &&
      (head.seed === this.plan.seed || kind === 'real') &&
      head.chip.includes(version) &&
      now - head.ended <= this.plan.policy.maxAgeDays * 86_400_000 &&
      ['pass', 'fail'].includes(head.verdict) &&
      readSummary(head.folder)?.id === head.run;
    return heads.filter(isFit).map(({ folder }) => folder);
  }

  /** A run with fewer tests, or without judges, has the suite too: what it shows, the decision says. */
  #hasSuite(summary: RunSummary | undefined, suite: string): boolean {
    if (summary === undefined) return false;
    const { selection, profiles } = summary;
    const hasIt = selection.suites.length === 0 || selection.suites.includes(suite);
    return hasIt && this.plan.drivers.every((one) => profiles.includes(one));
  }

  /** @returns the folder of the report. @throws Interrupted */
  async #run(rig: string, suites: readonly string[]): Promise<string> {
    const slug = [this.plan.policy.title, rig, ...suites]
      .join(' ')
      .replace(/[^\w.]+/g, '-')
      .slice(0, 100);
    const report = join(OUT, 'qualify', `${slug}-${hashOf([rig, ...suites].join('\n')).slice(0, 8)}`);
    const { history } = this.sources;
    const options = { ...this.#options(rig), report, ...(history !== undefined && { history }) };
    const request = await checkRequest(suites, options);
    if ((await runSuites(request, options)) !== EXIT.interrupted) return report;
    process.stderr.write(
      'h1-hil: Nothing is decided. The same command goes on: the history has the runs that ended.\n',
    );
    throw new Interrupted();
  }

  async #known(rig: string, suites: readonly string[], { selection }: RunSummary): Promise<Known> {
    const ofRun =
      selection.suites.length === 0 ? suites : suites.filter((one) => selection.suites.includes(one));
    const { board, file } = loadRig(rig);
    return {
      isReal: isReal(board),
      rigHash: hashOf(readFileSync(file, 'utf8')),
      tests: await this.#testsOf(ofRun),
    };
  }

  /** Tests of suites do not depend on the rig. */
  async #testsOf(suites: readonly string[]): Promise<readonly string[]> {
    const key = suites.join(' ');
    const known = this.#tests.get(key);
    if (known !== undefined) return known;
    const listed = await testsIn(await this.#request(this.plan.rigs[0]!.rig, suites));
    const tests = listed.map(({ profile, file, titles }) =>
      [profile, file, ...titles.filter(Boolean)].join(' › '),
    );
    this.#tests.set(key, tests);
    return tests;
  }
}

/** @throws UsageError when there is no report */
export function checkedReport(folder: string): string {
  if (readSummary(folder) !== undefined) return resolve(folder);
  throw new UsageError(
    `There is no report of a run in ${printableLines(folder)}: h1-hil run writes one at its end.`,
  );
}
