import { leastOf } from './delta.ts';
import { getRandom } from './explore/commands.ts';
import type { Finding } from './finding.ts';
import { signatureOf } from './finding.ts';
import { rounder } from './rounder.ts';
import type { Act, CallerAct, Procedure } from './schema.ts';

/** What a minimisation came to. */
export interface Minimised {
  readonly procedure: Procedure;
  /** The failure that stayed. */
  readonly signature: string;
  readonly finding: Finding;
  readonly plays: number;
  /** Each act that is left was left out alone, and the failure went; false when the plays were used up first. */
  readonly isLeast: boolean;
}

/** Plays a procedure and tells what was found. */
export type Try = (procedure: Procedure) => Promise<readonly Finding[]>;

/** What is kept while a procedure is made shorter, and what it may cost. */
export interface MinimiseOptions {
  /** The failure that has to stay; without it the first one. */
  readonly signature?: string | undefined;
  /** Plays at most. */
  readonly plays: number;
}

/**
 * Makes a failing procedure as short as it gets: fewest acts, then fewest callers, then plain commands and the roundest
 * and shortest times, while the same failure stays.
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
    // What came after the failure did not make it.
    await this.#accept(this.#best.acts.slice(0, this.#finding.act + 1));
    await this.#fewerActs();
    await this.#fewerCallers();
    await this.#plainCommands();
    await this.#rounderTimes();
    // A rounder time may make an act needless.
    await this.#fewerActs();
    return {
      procedure: this.#best,
      signature: this.#signature,
      finding: this.#finding,
      plays: this.#plays,
      isLeast: this.#isLeast,
    };
  }

  /** Whether the failure stays with these acts, which are then the best. When no play is left, it counts as gone. */
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

  /** GetRandom(1) in the place of a command where it does as well. */
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

/** Every time within an act, in the order in which it is written. */
function timesOf(act: Act): number[] {
  const times: number[] = [];
  JSON.stringify(act, (name, value: unknown) => {
    if (TIME.test(name) && typeof value === 'number') times.push(value);
    return value;
  });
  return times;
}

/** The same act with another value of its time number `at`. */
function withTime(act: Act, at: number, to: number): Act {
  let seen = 0;
  return JSON.parse(
    JSON.stringify(act, (name, value: unknown) =>
      TIME.test(name) && typeof value === 'number' && seen++ === at ? to : value,
    ),
  ) as Act;
}
