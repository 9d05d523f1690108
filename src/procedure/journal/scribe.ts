import { AsyncLocalStorage } from 'node:async_hooks';
import type { HostDriver } from '../../driver/index.ts';
import { printableLines } from '../../units/index.ts';
import { errorId } from '../error-id.ts';
import type { Act, AnyAct, CallerAct } from '../schema.ts';
import { SeenActs } from './seen.ts';

/** Maximum number of acts in one journal. A procedure file may have as many. */
const MAX_ACTS = 20_000;
const MAX_UNPLAYABLE = 20;
const MAX_LINE = 400;

/** Where acts are written: the journal itself, one caller of a group, or a place between two actions of a driver. */
interface Page {
  readonly acts: AnyAct[];
  /** Acts on this page that have not ended. */
  open: number;
  readonly isInner: boolean;
}

/** A driver as a test has it, and the one that does the work. */
interface Known {
  readonly driver: HostDriver;
  readonly number: number;
}

/** The error of an act, and the act. */
interface Thrown {
  readonly error: unknown;
  readonly act: AnyAct;
}

/**
 * Writes down what a test does to its board, as acts. What happens inside of an act (what a driver or the host's
 * firmware sends) is not written, since playing the act makes it happen again.
 */
export class Scribe {
  readonly acts: Act[] = [];
  readonly seen = new SeenActs();
  readonly #unplayable = new Set<string>();
  readonly #pages = new AsyncLocalStorage<Page>();
  readonly #journal: Page = { acts: this.acts, open: 0, isInner: false };
  readonly #known = new WeakMap<object, Known>();
  readonly #thrown: Thrown[] = [];
  #count = 0;
  readonly #drivers: HostDriver[] = [];
  /** The last note, which is the step of the procedure that is under way. */
  step: string | undefined;

  /** What the host's firmware threw before the test. */
  startError: unknown;

  /** Starts the board before the test. */
  async starting(start: () => Promise<void>): Promise<void> {
    try {
      await start();
    } catch (error) {
      this.startError = error;
      throw error;
    }
  }

  /** What the test did that is no act. */
  get unplayable(): readonly string[] {
    return [...this.#unplayable];
  }

  /** Notes something that no act can do. */
  cannot(what: string): void {
    if (this.#unplayable.size < MAX_UNPLAYABLE) this.#unplayable.add(printableLines(what).slice(0, MAX_LINE));
  }

  /** Writes an act that is over at once. */
  note(act: AnyAct): void {
    const page = this.#page();
    if (act.act === 'note') this.step = act.text;
    this.#write(page, act);
    this.seen.returned(act, undefined);
  }

  /** Writes an act, and does it. */
  async did<T>(act: AnyAct, action: () => T | Promise<T>): Promise<T> {
    const page = this.#page();
    if (page.open > 0)
      this.cannot(`${act.act} began while another act was under way, outside of clock.together`);
    this.#write(page, act);
    page.open++;
    try {
      const returned = await action();
      this.seen.returned(act, returned);
      return returned;
    } catch (error) {
      const id = errorId(error).slice(0, MAX_LINE);
      Object.assign(act, { threw: id });
      this.seen.threw(act, id);
      this.#thrown.push({ error, act });
      throw error;
    } finally {
      page.open--;
    }
  }

  /** Runs a part of the test whose acts stand on a page of their own. */
  within<T>(acts: CallerAct[], action: () => T): T {
    return this.#pages.run({ acts, open: 0, isInner: true }, action);
  }

  /** Whether acts are on a page of their own now, where no group and no driver can be made. */
  get isInner(): boolean {
    return this.#page().isInner;
  }

  /** The drivers of the test, in the order in which they were made. */
  get drivers(): readonly HostDriver[] {
    return this.#drivers;
  }

  /** Gives the next number to a driver. */
  number(driver: HostDriver): number {
    return this.#drivers.push(driver) - 1;
  }

  /** Makes the face of a driver known that the test has. */
  know(shown: HostDriver, known: Known): void {
    this.#known.set(shown, known);
  }

  /** The driver behind the one that a test has. */
  behind(shown: HostDriver): Known | undefined {
    return this.#known.get(shown);
  }

  /** The outermost act that threw this error, or one of its causes. Its error is then no longer an expected one. */
  failing(error: unknown): { readonly act: AnyAct; readonly at: number; readonly id: string } | undefined {
    const causes = causesOf(error);
    const found = this.#thrown.findLast((one) => causes.includes(one.error));
    if (found === undefined) return undefined;
    const at = this.acts.findIndex((act) => holds(act, found.act));
    const id = errorId(found.error);
    for (const { act, error: cause } of this.#thrown)
      if (cause === found.error) Reflect.deleteProperty(act, 'threw');
    return at < 0 ? undefined : { act: found.act, at, id };
  }

  #page(): Page {
    return this.#pages.getStore() ?? this.#journal;
  }

  #write({ acts }: Page, act: AnyAct): void {
    if (this.#count++ < MAX_ACTS) acts.push(act);
    else this.cannot(`everything after its first ${MAX_ACTS} acts`);
  }
}

/** Whether an act is another one, or has it among the acts of its callers. */
const holds = (act: Act, inner: AnyAct): boolean =>
  act === inner || (act.act === 'together' && act.callers.flat().some((one) => one === inner));

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (
    let one = error;
    one !== undefined && !causes.includes(one);
    one = one instanceof Error ? one.cause : undefined
  )
    causes.push(one);
  return causes;
}
