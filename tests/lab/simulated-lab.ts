import type { Hands, NightState, Ran, Task, TaskVerdict } from '../../src/lab/index.ts';
import { HOST } from '../../src/lab/index.ts';
import { parsePlan } from '../../src/lab/plan.ts';
import { Random } from '../../src/sim/index.ts';

/** What was planted into one run of the lab. */
export interface Planted {
  readonly task: string;
  readonly rig: string;
  readonly what: 'lab' | 'lab, for good' | 'chip' | 'too few runs';
}

const MINUTE_MS = 60_000;
const START_MS = 1_764_500_000_000;

/**
 * A lab of rigs on virtual time. Runs take their time, end with what was planted, and a rig that the lab loses for good
 * fails every canary from then on. It simulates what a run says, not what a test sees.
 */
export class SimulatedLab implements Hands {
  readonly planted: Planted[] = [];
  readonly said: string[] = [];
  readonly #dead = new Set<string>();
  readonly #random: Random;
  #now = START_MS;
  /** Those that wait for a moment, the earliest first. */
  #sleepers: { readonly at: number; readonly order: number; readonly wake: () => void }[] = [];
  #order = 0;
  /** The host goes down after so many written states. */
  writes = 0;
  kept: string | undefined;

  constructor(
    seed: number,
    private readonly rates: Readonly<Record<Planted['what'], number>>,
    private readonly rebootAfter = Infinity,
  ) {
    this.#random = new Random(seed);
  }

  readonly wasInterrupted = false;

  now(): number {
    return this.#now;
  }

  tell(text: string): void {
    this.said.push(text);
  }

  keep(state: NightState): void {
    if (++this.writes > this.rebootAfter) throw new HostDown();
    this.kept = JSON.stringify(state);
  }

  async closed(rig: string): Promise<string | undefined> {
    return this.#dead.has(rig) ? `rig ${rig} is bad.` : undefined;
  }

  async examineAgain(rig: string): Promise<string | undefined> {
    await this.#pass(2 * MINUTE_MS);
    return this.closed(rig);
  }

  async run(task: Task, rig: string, limitMs: number): Promise<Ran> {
    const wanted = (1 + Math.floor(this.#random.next() * 60)) * MINUTE_MS;
    const fate = this.#fate(task, rig);
    await this.#pass(Math.min(wanted, limitMs));
    const verdict: TaskVerdict =
      fate === undefined
        ? 'pass'
        : fate === 'chip'
          ? 'fail'
          : fate === 'too few runs'
            ? 'inconclusive'
            : 'no verdict';
    return { verdict, says: fate ?? 'all passed' };
  }

  #fate(task: Task, rig: string): Planted['what'] | undefined {
    let chance = this.#random.next();
    for (const what of ['lab', 'lab, for good', 'chip', 'too few runs'] as const) {
      chance -= this.rates[what];
      if (chance >= 0) continue;
      // This host is no rig that could be lost.
      const planted = what === 'lab, for good' && rig === HOST ? 'lab' : what;
      if (planted === 'lab, for good') this.#dead.add(rig);
      this.planted.push({ task: task.id, rig, what: planted });
      return planted;
    }
    return undefined;
  }

  #pass(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + ms, order: this.#order++, wake });
    });
  }

  /** Lets time pass until the night has ended. */
  async live<T>(night: Promise<T>): Promise<T> {
    const end: { settled: boolean } = { settled: false };
    const settle = (): void => {
      end.settled = true;
    };
    night.then(settle, settle);
    for (;;) {
      // All that can go on without time does so first.
      await new Promise((resolve) => setImmediate(resolve));
      if (end.settled) return night;
      this.#sleepers.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#sleepers.shift();
      if (next === undefined) throw new Error('The night waits for something that never comes.');
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }

  /** Whether a rig was lost for good. */
  isDead(rig: string): boolean {
    return this.#dead.has(rig);
  }
}

/** The host of the lab went down. */
export class HostDown extends Error {}

/** A task for so many rigs, as a plan would make it. */
export function taskOn(name: string, fits: readonly string[]): Task {
  const [job] = parsePlan(`jobs: [{ name: ${name}, any: {}, suites: [soak], limit: 2h }]`, 'made').jobs;
  return { id: name, job: job!, fits, last: undefined, expectedMs: undefined, rank: 1 };
}
