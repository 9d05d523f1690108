import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabFailure } from '../units/index.ts';

/** A rig counts as down after this many failures in a row. */
const MAX_FAILURES = 3;

interface Record {
  readonly failures: number;
  /** ISO 8601. */
  readonly since: string;
  readonly reason: string;
}

/** The rig failed too often: nothing is tried any more. */
export class RigDown extends LabFailure {
  readonly blames = 'rig';

  constructor(rig: string, { failures, since, reason }: Record) {
    super(
      `Rig ${rig} is down since ${since}: it failed ${failures} times in a row, last with "${reason}". Mend it and run again.`,
    );
  }
}

/**
 * Counts the failures of a rig over the workers of one run. The count is a file in the run's folder, since each failure
 * ends a worker and the next test gets a new one. When the rig has failed three times in a row, every later
 * attempt fails at once instead of timing out.
 */
export class CircuitBreaker {
  readonly #file: string;

  constructor(
    private readonly rig: string,
    folder: string,
  ) {
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, 'rig-failures.json');
  }

  /** Runs `attempt` unless the rig is down, and remembers how it ended. @throws RigDown, or what the attempt threw. */
  async guard<T>(attempt: () => Promise<T>): Promise<T> {
    const before = this.#read();
    if (before !== undefined && before.failures >= MAX_FAILURES) throw new RigDown(this.rig, before);
    try {
      const result = await attempt();
      rmSync(this.#file, { force: true });
      return result;
    } catch (failure) {
      const record: Record = {
        failures: (before?.failures ?? 0) + 1,
        since: before?.since ?? new Date().toISOString(),
        reason: failure instanceof Error ? failure.message : String(failure),
      };
      writeFileSync(this.#file, JSON.stringify(record));
      throw failure;
    }
  }

  #read(): Record | undefined {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Record;
    } catch {
      return undefined;
    }
  }
}
