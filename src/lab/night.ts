import type { Attempt, NightState, TaskState, TaskVerdict } from './night-state.ts';
import { spanMs } from './plan.ts';
import type { Task } from './tasks.ts';
import { HOST } from './tasks.ts';

/** What one run of a task came to. */
export interface Ran {
  readonly verdict: TaskVerdict;
  /** What was seen, in one sentence. */
  readonly says: string;
  /** Id of the run in the history; missing when it is not there. */
  readonly run?: string;
}

/** Everything that a night does to the world. */
export interface Hands {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs a task on a rig and ends it after `limitMs`. */
  run(task: Task, rig: string, limitMs: number): Promise<Ran>;
  /** Why no test may run on a rig; undefined when one may. */
  closed(rig: string): Promise<string | undefined>;
  /** Looks at a rig after a run without verdict. @returns why nothing runs on it any more; undefined when it is good */
  examineAgain(rig: string): Promise<string | undefined>;
  /** Keeps the state: when it returns, it outlives the host. */
  keep(state: NightState): void;
  tell(text: string): void;
  readonly wasInterrupted: boolean;
}

/** How often a task moves to another rig when its rig vanishes under it. */
const MAX_MOVES = 2;
/** With less time left than this, in milliseconds, no run begins. */
const LEAST_MS = 1000;

/**
 * Runs the tasks of a night, the most urgent first, one at a time on each rig and all rigs at once. A rig that turns out
 * not to be good is left alone, and what another rig can do moves there.
 * @param tasks in the order of their rank
 * @returns the state at its end, in which no task waits unless the night was interrupted
 */
export async function runNight(tasks: readonly Task[], state: NightState, hands: Hands): Promise<NightState> {
  const night = new Night(tasks, state, hands);
  await Promise.all([...new Set(tasks.flatMap(({ fits }) => fits))].map((rig) => night.work(rig)));
  return night.end();
}

class Night {
  readonly #tasks: ReadonlyMap<string, TaskState>;
  /** Rigs on which nothing runs any more, with the reason. */
  readonly #gone = new Map<string, string>();
  /** Called when a task ends or waits again. */
  #wake: (() => void)[] = [];

  constructor(
    private readonly order: readonly Task[],
    private readonly state: NightState,
    private readonly hands: Hands,
  ) {
    this.#tasks = new Map(state.tasks.map((task) => [task.id, task]));
  }

  /** Takes one task after the other that fits a rig, until none is left that could come to it. */
  async work(rig: string): Promise<void> {
    const closed = rig === HOST ? undefined : await this.hands.closed(rig);
    if (closed !== undefined) this.#lose(rig, closed);
    while (!this.#gone.has(rig) && !this.hands.wasInterrupted) {
      const task = this.#next(rig);
      if (task !== undefined) await this.#run(task, rig);
      else if (this.#mayStillCome(rig)) await new Promise<void>((resolve) => this.#wake.push(resolve));
      else return;
    }
    this.#stir();
  }

  end(): NightState {
    // What is interrupted goes on when the night is started again.
    if (!this.hands.wasInterrupted) this.#close();
    this.hands.keep(this.state);
    return this.state;
  }

  #close(): void {
    for (const { id, fits } of this.order) {
      const task = this.#of(id);
      if (task.state !== 'waiting') continue;
      Object.assign(task, { state: 'not run', ...this.#whyNot(fits) });
    }
    this.state.ended = this.hands.now();
  }

  #whyNot(fits: readonly string[]): Pick<TaskState, 'because' | 'isForTime'> {
    const gone = fits.flatMap((rig) => this.#gone.get(rig) ?? []);
    if (gone.length === fits.length) return { because: gone.join(' ') };
    return { because: "the night's time was over", isForTime: true };
  }

  #of(id: string): TaskState {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new Error(`The night has no task ${id}.`);
    return task;
  }

  get #leftMs(): number {
    return this.state.until - this.hands.now();
  }

  /** The first task that waits, fits the rig, and ends in time as far as is known. */
  #next(rig: string): Task | undefined {
    const left = this.#leftMs;
    if (left < LEAST_MS) return undefined;
    return this.order.find(
      ({ id, fits, expectedMs = 0 }) =>
        this.#of(id).state === 'waiting' && fits.includes(rig) && expectedMs <= left,
    );
  }

  /** Whether a task that runs elsewhere could move to this rig. */
  #mayStillCome(rig: string): boolean {
    if (this.#leftMs < LEAST_MS) return false;
    return this.order.some(({ id, fits }) => this.#of(id).state === 'running' && fits.includes(rig));
  }

  async #run(task: Task, rig: string): Promise<void> {
    const { hands } = this;
    const state = this.#of(task.id);
    const attempt: Attempt = { rig, began: hands.now() };
    state.attempts.push(attempt);
    state.state = 'running';
    hands.keep(this.state);
    const ran = await hands.run(task, rig, Math.min(spanMs(task.job.limit), this.#leftMs));
    Object.assign(attempt, { ended: hands.now(), ...ran });
    const lost = ran.verdict === 'no verdict' && rig !== HOST ? await hands.examineAgain(rig) : undefined;
    if (lost !== undefined) this.#lose(rig, lost);
    const moves = lost !== undefined && this.#canMove(task, state);
    // What is cut short by hand goes on when the night does.
    state.state = moves || (ran.verdict === 'interrupted' && hands.wasInterrupted) ? 'waiting' : 'done';
    hands.keep(this.state);
    hands.tell(
      `${task.job.name} on ${rig}: ${ran.verdict}. ${ran.says}${moves ? ' Another rig takes over.' : ''}`,
    );
    this.#stir();
  }

  #canMove({ fits }: Task, { attempts }: TaskState): boolean {
    return attempts.length <= MAX_MOVES && fits.some((rig) => !this.#gone.has(rig));
  }

  #lose(rig: string, because: string): void {
    this.#gone.set(rig, because);
    this.hands.tell(`Nothing runs on rig ${rig} any more: ${because}`);
  }

  #stir(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
