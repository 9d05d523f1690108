import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { printableLines } from '../units/index.ts';
import { openHistory } from '../history/index.ts';
import type { Hands, NightState, Ran, Task, TaskVerdict } from '../lab/index.ts';
import { closedBecause, healthOf, keepState } from '../lab/index.ts';
import type { RunSummary } from '../report/summary.ts';
import { readSummary } from '../report/summary.ts';
import { runNode } from './child.ts';
import { EXIT } from './exit-code.ts';
import type { Interrupts } from './interrupts.ts';
import { runsSuites, wordsOf } from './night-commands.ts';
import { keepCommand } from './night-record.ts';

/** Where a night keeps what it needs. */
export interface NightPlace {
  /** The folder of the reports of its runs. */
  readonly reports: string;
  /** The folder of its state and of what its runs print. */
  readonly folder: string;
  readonly history: string | undefined;
  readonly seed: number;
  readonly interrupts: Interrupts;
  /** Rigs at work at the same time. */
  readonly atOnce: number;
}

const VERDICT_OF: Readonly<Record<number, TaskVerdict>> = {
  [EXIT.pass]: 'pass',
  [EXIT.failure]: 'fail',
  [EXIT.inconclusive]: 'inconclusive',
  [EXIT.interrupted]: 'interrupted',
};

/** Time that a run has beyond its limit to write its report before it is ended, in milliseconds. */
const GRACE_MS = 180_000;
const MAX_SAID = 300;

/** The night on this host: each run is a process of its own. */
export class HostHands implements Hands {
  #runs = 0;

  constructor(private readonly place: NightPlace) {
    mkdirSync(join(place.folder, 'logs'), { recursive: true });
  }

  now(): number {
    return new Date().getTime();
  }

  get wasInterrupted(): boolean {
    return this.place.interrupts.came;
  }

  tell(text: string): void {
    process.stderr.write(`${printableLines(text)}\n`);
  }

  keep(state: NightState): void {
    keepState(stateFile(this.place.folder), state);
  }

  async run(task: Task, rig: string, limitMs: number): Promise<Ran> {
    const { reports, history, seed } = this.place;
    const began = this.now();
    const folder = join(reports, `${stampOf(began)}-night-${this.#runs++}-${task.job.name}`);
    const jobs = Math.max(1, Math.floor(availableParallelism() / this.place.atOnce));
    const words = wordsOf({ task, rig, seed, folder, limitMs, history, jobs });
    this.tell(`${task.job.name} on ${rig}: h1-hil ${words.join(' ')}`);
    const end = await this.#child(words, task.job.name, limitMs + GRACE_MS);
    if (runsSuites(task)) return ranOf(end, readSummary(folder));
    const ran = commandRan(end);
    if (ran.verdict === 'interrupted') return ran;
    const run = await keepCommand(history, {
      job: task.job.name,
      words,
      began,
      ended: this.now(),
      seed,
      ran,
      folder,
      output: end.output,
    });
    return run === undefined ? ran : { ...ran, run };
  }

  async closed(rig: string): Promise<string | undefined> {
    const { history: place } = this.place;
    if (place === undefined) return undefined;
    const history = await openHistory(place, { mayMake: true });
    try {
      return closedBecause(await healthOf(history, rig, hostname()));
    } finally {
      await history.close();
    }
  }

  async examineAgain(rig: string): Promise<string | undefined> {
    const closed = await this.closed(rig);
    if (closed !== undefined) return closed;
    const { history } = this.place;
    const end = await this.#child(['rig', 'canary', rig, '--history', history ?? 'none'], 'canary', GRACE_MS);
    return end.code === EXIT.pass ? undefined : ((await this.closed(rig)) ?? lastLine(end.said));
  }

  async #child(words: readonly string[], name: string, limitMs: number): Promise<CommandEnd> {
    const base = join(this.place.folder, 'logs', `${stampOf(this.now())}-${this.#runs}-${name}`);
    const [out, err] = [openSync(`${base}.out`, 'w'), openSync(`${base}.err`, 'w')];
    try {
      const { code } = await runNode(['src/cli/start.js', ...words], {
        ...{ stdio: ['ignore', out, err] as const, interrupts: this.place.interrupts, limitMs },
      });
      return { code, output: readFileSync(`${base}.out`, 'utf8'), said: readFileSync(`${base}.err`, 'utf8') };
    } finally {
      closeSync(out);
      closeSync(err);
    }
  }
}

/** How a command of a night ended. */
interface CommandEnd {
  readonly code: number;
  /** What it printed, and what it said on stderr. */
  readonly output: string;
  readonly said: string;
}

/** The file of a night's state. */
export const stateFile = (folder: string): string => join(folder, 'state.json');

/** A moment as the folders of runs have it. */
const stampOf = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace(/[:T]/g, '-');

/** Of a run of suites: what its summary does not say as well, nobody knows. */
function ranOf({ code, said }: CommandEnd, summary: RunSummary | undefined): Ran {
  const verdict = VERDICT_OF[code] ?? 'no verdict';
  const isSure = summary !== undefined && summary.verdict === verdict;
  const sure = isSure || verdict === 'interrupted' ? verdict : 'no verdict';
  if (summary === undefined) return { verdict: sure, says: lastLine(said) || `It ended with code ${code}.` };
  const { passed, failed, skipped, notRun, because, id } = summary;
  const counts = `${passed} passed, ${failed} failed, ${skipped} skipped, ${notRun} not run.`;
  return { verdict: sure, says: [counts, because[0] ?? ''].join(' ').trim(), run: id };
}

/** Of another command: one that printed nothing broke down, whatever its exit code. */
function commandRan({ code, said, output }: CommandEnd): Ran {
  const verdict = VERDICT_OF[code] ?? 'no verdict';
  const isSure = output.trim() !== '' || verdict === 'interrupted';
  if (isSure && verdict === 'pass') return { verdict, says: 'Nothing was found.' };
  return { verdict: isSure ? verdict : 'no verdict', says: lastLine(said) || `It ended with code ${code}.` };
}

const lastLine = (text: string): string =>
  printableLines(text.trim().split('\n').at(-1) ?? '')
    .replace(/^h1-hil: /, '')
    .slice(0, MAX_SAID);
