import { leastOf } from './delta.ts';
import { getRandom } from './explore/commands.ts';
import type { Finding } from './finding.ts';
import { signatureOf } from './finding.ts';
import { rounder } from './rounder.ts';
import type { Act, CallerAct, Procedure } from './schema.ts';

/** The result of making a procedure shorter. */
export interface Minimised {
  readonly procedure: Procedure;
  /** The signature of the failure that stayed. */
  readonly signature: string;
  readonly finding: Finding;
  readonly plays: number;
  /** True when no single act can be left out any more. False when the plays were used up before that was known. */
  readonly isLeast: boolean;
}

/** Plays a procedure and returns its findings. */
export type Try = (procedure: Procedure) => Promise<readonly Finding[]>;

/** Which failure has to stay while a procedure is made shorter, and how many plays that may take. */
export interface MinimiseOptions {
  /** The signature of the failure; the first failure when absent. */
  readonly signature?: string | undefined;
  /** Maximum number of plays. */
  readonly plays: number;
}

/**
 * Makes a failing procedure shorter while the same failure stays: first fewer acts, then fewer callers, then plain
 * commands, and last rounder and shorter times.
 * @returns undefined when the procedure does not show the failure
 */
export async function minimise(
  procedure: Procedure,
  attempt: Try,
  { signature, plays }: MinimiseOptions,
): Promise<Minimised | undefined> {
  const findings = await attempt(procedure);
  const target = findings.find((one) => signature === undefined || signatureOf(one) === signature);
  if (target === undefined) return undefined;
  const search = new Search(procedure, target, { attempt, plays });
  return search.run();
}

class Search {
  #best: Procedure;
  #finding: Finding;
  readonly #signature: string;
  #plays = 1;
  #isLeast = false;

  constructor(
    procedure: Procedure,
    finding: Finding,
    private readonly options: { readonly attempt: Try; readonly plays: number },
  ) {
    this.#best = procedure;
    this.#finding = finding;
    this.#signature = signatureOf(finding);
  }

  async run(): Promise<Minimised> {
    // Acts after the failure cannot have caused it.
    await this.#accept(this.#best.acts.slice(0, this.#finding.act + 1));
    await this.#fewerActs();
    await this.#fewerCallers();
    await this.#plainCommands();
    await this.#rounderTimes();
    // An act may be needless now that times are rounder.
    await this.#fewerActs();
    return {
      procedure: this.#best,
      signature: this.#signature,
      finding: this.#finding,
      plays: this.#plays,
      isLeast: this.#isLeast,
    };
  }

  /**
   * Plays these acts, and keeps them when the failure stays. Answers whether it stays; false when no play is left.
   */
  async #accept(acts: readonly Act[]): Promise<boolean> {
    if (this.#plays >= this.options.plays) return false;
    this.#plays++;
    const procedure: Procedure = { ...this.#best, acts: [...acts] };
    const found = await this.options.attempt(procedure);
    const same = found.find((one) => signatureOf(one) === this.#signature);
    if (same === undefined) return false;
    this.#best = procedure;
    this.#finding = same;
    return true;
  }

  async #fewerActs(): Promise<void> {
    await leastOf(this.#best.acts, (rest) => this.#accept(rest));
    this.#isLeast = this.#plays < this.options.plays;
  }

  async #fewerCallers(): Promise<void> {
    for (const [index, act] of this.#best.acts.entries()) {
      if (act.act !== 'together') continue;
      const callers = await leastOf(act.callers, (rest) =>
        this.#replace(index, { ...act, callers: [...rest] }),
      );
      for (const number of callers.keys()) await this.#shorterCaller(index, number);
    }
  }

  async #shorterCaller(index: number, number: number): Promise<void> {
    const group = this.#best.acts[index];
    if (group?.act !== 'together') return;
    const withActs = (acts: readonly CallerAct[]): Act => ({
      ...group,
      callers: group.callers.map((one, at) => (at === number ? [...acts] : one)),
    });
    await leastOf(group.callers[number] ?? [], async (rest) =>
      rest.length > 0 ? this.#replace(index, withActs(rest)) : false,
    );
  }

  /** Puts GetRandom(1) in the place of each command where the failure stays. */
  async #plainCommands(): Promise<void> {
    const plain = getRandom(1);
    for (const [index, act] of this.#best.acts.entries())
      if (act.act === 'command' && act.bytes !== plain.bytes) await this.#replace(index, plain);
  }

  async #rounderTimes(): Promise<void> {
    for (const index of this.#best.acts.keys())
      for (const [at] of timesOf(this.#best.acts[index]!).entries()) await this.#rounderTime(index, at);
  }

  async #rounderTime(index: number, at: number): Promise<void> {
    const act = this.#best.acts[index]!;
    for (const value of rounder(timesOf(act)[at]!))
      if (await this.#replace(index, withTime(act, at, value))) return;
  }

  #replace(index: number, by: Act): Promise<boolean> {
    return this.#accept(this.#best.acts.with(index, by));
  }
}

const TIME = /^(forMs|(time|by|gap|width)(Ms|Us))$/;

/** Every time within an act, in the order in which the act is written. */
function timesOf(act: Act): number[] {
  const times: number[] = [];
  JSON.stringify(act, (name, value: unknown) => {
    if (TIME.test(name) && typeof value === 'number') times.push(value);
    return value;
  });
  return times;
}

/** The same act with another value for one of its times; `at` is the index of that time in `timesOf`. */
function withTime(act: Act, at: number, to: number): Act {
  let seen = 0;
  return JSON.parse(
    JSON.stringify(act, (name, value: unknown) =>
      TIME.test(name) && typeof value === 'number' && seen++ === at ? to : value,
    ),
  ) as Act;
}
