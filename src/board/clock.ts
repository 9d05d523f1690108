import type { Duration, Instant } from '../units/index.ts';
import { ns } from '../units/index.ts';

/** The smallest difference that two readings of a board's clock can show. */
export const CLOCK_RESOLUTION = ns(1);

/** The time of one board. Nothing outside `src/boards` reads any other clock. */
export interface Clock {
  /**
   * Slack on top of every maximum for the driver's times: an emulated host is slow, and a busy host keeps a
   * process from the processor. Undefined where there is no slack.
   */
  readonly slack?: Duration | undefined;

  now(): Instant;

  /** Resolves when `duration` has passed; never earlier. Undefined when it has passed already: a simulated clock may jump. */
  sleep(duration: Duration): Promise<void> | undefined;

  /**
   * Runs tasks as concurrent threads of one host and resolves with their results when all have ended. When some
   * fail, the others still run to their end, then the first failure is thrown. A simulated clock advances for several
   * sleepers at once only inside this call: outside it there is one thread, and a sleep is a jump.
   */
  together<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]>;

  /**
   * Runs one operation of a driver, and ends it when it waits for what no event of the board can bring, or has not ended
   * within `limit`. Only a simulated clock can tell.
   * @throws an error that blames the driver.
   */
  supervise?<T>(operation: () => Promise<T>, limit: Duration): Promise<T>;
}
