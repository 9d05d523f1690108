import type { Duration, Instant } from '../units/index.ts';
import { BEGINNING, between, HilError, later, showDuration } from '../units/index.ts';

/** Something that happens at one moment, unless it is cancelled first. */
export class Alarm {
  #action: (() => void) | undefined;

  constructor(
    readonly at: Instant,
    /** Alarms of one moment ring in the order in which they were set. */
    readonly order: number,
    action: () => void,
  ) {
    this.#action = action;
  }

  get isCancelled(): boolean {
    return this.#action === undefined;
  }

  cancel(): void {
    this.#action = undefined;
  }

  ring(): void {
    const action = this.#action;
    this.#action = undefined;
    action?.();
  }
}

const isBefore = (a: Alarm, b: Alarm): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Every thread waits, and no alarm is left that could wake one. */
export class Deadlock extends HilError {
  readonly blames = 'driver';

  constructor() {
    super('Every concurrent task waits for something that no event of the simulated board will bring.');
  }
}

/** One operation waits for ever, or does not end within its time. */
export class EndlessWait extends HilError {
  readonly blames = 'driver';
}

const STUCK =
  'The operation of the driver waits for something that no event of the simulated board will bring, such as a lock that was never given back.';

/** Turns of the event loop without a call of the clock, after which alarms ring for an operation. */
const IDLE_TURNS = 3;

/** Somebody whose time follows this clock and who may act between two of its alarms. */
export interface Companion {
  /** Goes on to `moment`, or to the moment before it at which something happened. */
  passTo(moment: Instant): Instant;
  /** The clock has reached the moment where the companion stopped. The companion now passes on what happened. */
  arrive(): void;
}

/**
 * Simulated time: it moves only when somebody sleeps, waits or asks it to, and then rings every alarm on the way, each
 * at its exact moment. A binary heap of alarms; nothing in it reads the host's clock.
 *
 * With one thread, waiting is a jump: the alarms on the way ring before the call returns. Inside `together` several
 * threads wait side by side: when all of them wait, which a turn of the event loop shows, the next alarm rings.
 */
export class VirtualClock {
  #now: Instant = BEGINNING;
  #order = 0;
  readonly #heap: Alarm[] = [];
  #threads = 0;
  #isPumping = false;
  #outside = 0;
  /** Where the advance under way ends, when one is. */
  #target: Instant | undefined;
  #fail: ((reason: Error) => void) | undefined;
  /** Where the operation under supervision has to be over. */
  #end: Instant | undefined;
  companion: Companion | undefined;

  now(): Instant {
    return this.#now;
  }

  /** Back to the beginning, with no alarm set. */
  restart(): void {
    this.#now = BEGINNING;
    this.#heap.length = 0;
    this.#end = undefined;
    this.companion = undefined;
  }

  /** Sets an alarm; one in the past rings at the next advance, at the present moment. */
  at(moment: Instant, action: () => void): Alarm {
    const alarm = new Alarm(moment, this.#order++, action);
    this.#push(alarm);
    return alarm;
  }

  after(duration: Duration, action: () => void): Alarm {
    return this.at(later(this.#now, duration), action);
  }

  /** Moves time to `moment`, ringing what is due on the way. A moment in the past rings what is due now. */
  advanceTo(moment: Instant): void {
    const outer = this.#target;
    this.#target = moment;
    while (this.#step(moment));
    this.#target = outer;
  }

  advance(duration: Duration): void {
    this.advanceTo(later(this.#now, duration));
  }

  /** Rings alarms one by one until `isDone` holds or the next alarm lies after `limit`; then time is at most `limit`. */
  advanceUntil(isDone: () => boolean, limit: Instant): boolean {
    const outer = this.#target;
    try {
      while (!isDone()) {
        this.#target = limit;
        if (!this.#step(limit)) return isDone();
      }
      return true;
    } finally {
      this.#target = outer;
    }
  }

  /**
   * For an alarm that rings: the moment until which nothing else happens. It is the present moment when that is not
   * known.
   */
  get horizon(): Instant {
    const next = this.nextAlarm;
    if (this.#target === undefined) return this.#now;
    return next === undefined || next > this.#target ? this.#target : next;
  }

  /** When the next alarm rings; undefined when none is set. */
  get nextAlarm(): Instant | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.at;
  }

  /** True while several threads share the clock. */
  get isShared(): boolean {
    return this.#threads > 0;
  }

  /**
   * Runs one operation, which has to end by itself, by alarms or by calls outside of simulated time, and within `limit`.
   * Inside `together`, where alarms ring for all threads, only the limit is watched.
   * @throws EndlessWait
   */
  async supervise<T>(operation: () => Promise<T>, limit: Duration): Promise<T> {
    if (this.#end !== undefined) return operation();
    this.#end = later(this.#now, limit);
    let look: NodeJS.Immediate | undefined;
    const stuck = new Promise<never>((_, reject) => {
      let idle = 0;
      const again = (): void => {
        look = setImmediate(() => {
          if (this.#outside > 0 || this.isShared) idle = 0;
          else if (++idle > IDLE_TURNS && !this.#ringWithin(this.#end)) {
            reject(new EndlessWait(STUCK));
            return;
          }
          again();
        });
      };
      again();
    });
    try {
      return await Promise.race([operation(), stuck]);
    } finally {
      clearImmediate(look);
      this.#end = undefined;
    }
  }

  /** @throws EndlessWait when the operation under supervision is over its time. */
  checkEnd(): void {
    if (this.#isOver) throw this.#overdue();
  }

  get #isOver(): boolean {
    return this.#end !== undefined && this.#now > this.#end;
  }

  #overdue(): EndlessWait {
    return new EndlessWait(
      `The operation of the driver did not end until ${showDuration(between(BEGINNING, this.#end!))} after the clock's beginning. Look for a loop without a limit.`,
    );
  }

  /** Rings the next alarm, unless there is none until `end`. */
  #ringWithin(end: Instant | undefined): boolean {
    const next = this.nextAlarm;
    if (next === undefined || (end !== undefined && next > end)) return false;
    this.#ringNext();
    return true;
  }

  /** Undefined with one thread: the time has passed when the call returns. */
  sleep(duration: Duration): Promise<void> | undefined {
    if (this.#isOver) return Promise.reject(this.#overdue());
    if (!this.isShared) {
      this.advance(duration);
      return undefined;
    }
    return new Promise((resolve) => {
      this.after(duration, resolve);
      this.#pump();
    });
  }

  /** Tells a shared clock that a thread began to wait for something an alarm may bring. */
  threadWaits(): void {
    if (this.isShared) this.#pump();
  }

  /**
   * Runs a call that waits for something outside simulated time, such as a serial port. Meanwhile threads that share the
   * clock wait too: time moves only by what the call itself brings about.
   */
  async outside<T>(call: () => Promise<T>): Promise<T> {
    this.#outside++;
    try {
      return await call();
    } finally {
      this.#outside--;
      this.threadWaits();
    }
  }

  async together<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
    let fail: (reason: Error) => void = () => undefined;
    const deadlock = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const outer = this.#fail;
    this.#fail = fail;
    this.#threads += tasks.length;
    const threads = tasks.map(async (task) => {
      try {
        return await task();
      } finally {
        this.#threads--;
      }
    });
    this.#pump();
    try {
      const ends = await Promise.race([Promise.allSettled(threads), deadlock]);
      return ends.map((end) => {
        if (end.status === 'rejected') throw end.reason as Error;
        return end.value;
      });
    } finally {
      this.#fail = outer;
    }
  }

  /** Rings the next alarm each time the event loop has nothing else to run, which is when every thread waits. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(() => {
      this.#isPumping = false;
      if (!this.isShared || this.#outside > 0) return;
      this.#dropCancelled();
      if (this.#heap.length === 0) {
        this.#threads = 0;
        this.#fail?.(new Deadlock());
        return;
      }
      this.#step(this.#heap[0]!.at);
      this.#pump();
    });
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.isCancelled === true) this.#pop();
  }

  /** Rings the next alarm, unless it lies after `limit`: then time moves there, and the result is false. */
  #step(limit: Instant): boolean {
    const next = this.#heap[0];
    const isDue = next !== undefined && next.at <= limit;
    if (this.companion !== undefined && this.#stopsAt(isDue ? next.at : limit)) return true;
    if (isDue) this.#ringNext();
    else if (limit > this.#now) this.#now = limit;
    return isDue;
  }

  /** The companion did something before `moment`. */
  #stopsAt(moment: Instant): boolean {
    const { companion } = this;
    const stop = companion?.passTo(moment) ?? moment;
    if (stop >= moment) return false;
    if (stop > this.#now) this.#now = stop;
    companion?.arrive();
    return true;
  }

  #ringNext(): void {
    const alarm = this.#pop();
    if (alarm.isCancelled) return;
    if (alarm.at > this.#now) this.#now = alarm.at;
    alarm.ring();
  }

  #push(alarm: Alarm): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(alarm);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above]!;
      if (!isBefore(alarm, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = alarm;
  }

  #pop(): Alarm {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    const length = heap.length;
    if (length === 0) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      const child = heap[below]!;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return top;
  }
}
