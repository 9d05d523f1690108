import { setTimeout as pause } from 'node:timers/promises';
import { LabFailure } from '../units/index.ts';

/** A part of a rig did not come to its end when it was given back. */
export class NotGivenBack extends LabFailure {
  readonly blames = 'rig';

  constructor(rig: string, part: string, limitMs: number) {
    super(
      `Rig ${rig} could not be given back: its ${part} did not end within ${limitMs / 1000} s. Look at the board before the next run.`,
    );
  }
}

/** The name of a part of a rig, for messages, and the function that ends its use. */
type GivenBack = readonly [part: string, end: () => unknown];

/** Maximum time for one part, in milliseconds. It is longer than the limits that the parts have themselves. */
const LIMIT_MS = 25_000;

/** Gives back a rig, part by part: tries everything, each within the limit, then throws the first failure. */
export async function giveBack(
  rig: string,
  parts: readonly GivenBack[],
  limitMs: number = LIMIT_MS,
): Promise<void> {
  const failures: unknown[] = [];
  for (const [part, end] of parts) {
    const patience = new AbortController();
    try {
      const late = pause(limitMs, undefined, { signal: patience.signal }).then(() => {
        throw new NotGivenBack(rig, part, limitMs);
      });
      // Aborted when the part has ended in time.
      late.catch(() => undefined);
      await Promise.race([end(), late]);
    } catch (failure) {
      failures.push(failure);
    } finally {
      patience.abort();
    }
  }
  if (failures.length > 0) throw failures[0];
}
