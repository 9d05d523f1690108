import type { Clock } from '../../board/index.ts';
import type { Duration, Instant } from '../../units/index.ts';
import { BEGINNING, between, earlier, later, ms, seconds, ZERO } from '../../units/index.ts';

/** Time between two beats. It is well within the watchdog of a controller on virtual time. */
const BEAT = seconds(15);
const OVERDUE = seconds(35);
/** More time than one exchange with the controller takes. */
const ROOM = ms(20);

/**
 * The clock of a board on virtual time, for a controller that has to hear from its host. It interrupts a long sleep
 * to send a beat, and still ends the sleep at the right moment.
 */
export class BeatingClock implements Clock {
  #last: Instant = BEGINNING;

  constructor(
    private readonly clock: Clock,
    private readonly beat: () => Promise<void>,
  ) {}

  now(): Instant {
    return this.clock.now();
  }

  sleep(duration: Duration): Promise<void> | undefined {
    const end = later(this.clock.now(), duration);
    return later(this.#last, BEAT) > earlier(end, ROOM) ? this.clock.sleep(duration) : this.#sleepLong(end);
  }

  together<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
    return this.clock.together(tasks);
  }

  /** Sends a beat when one is overdue. Call it before anything else that lets time pass. */
  async beatWhenOverdue(): Promise<void> {
    if (between(this.#last, this.clock.now()) > OVERDUE) await this.#beat();
  }

  /** To be called when the board was renewed: time begins again. */
  restart(): void {
    this.#last = BEGINNING;
  }

  async #sleepLong(end: Instant): Promise<void> {
    for (;;) {
      const due = later(this.#last, BEAT);
      if (due > earlier(end, ROOM)) break;
      await this.#sleepTo(due);
      await this.#beat();
    }
    await this.#sleepTo(end);
  }

  async #sleepTo(moment: Instant): Promise<void> {
    const rest = between(this.clock.now(), moment);
    if (rest > ZERO) await this.clock.sleep(rest);
  }

  /** Sends a beat. Two threads that sleep at the same time send one together. */
  async #beat(): Promise<void> {
    this.#last = this.clock.now();
    await this.beat();
  }
}
