import { ChipNotAvailable, TransmitBlocked } from '../driver/index.ts';
import type { Instant } from '../units/index.ts';
import { UsageError } from '../units/index.ts';
import type { Outcome } from './player.ts';
import type { Played } from './play.ts';
import { faultOf } from './schema.ts';
import { isTolerated } from './tolerated.ts';

/** What the earlier acts tell about the errors that the next act may have. */
interface Situation {
  isBound: boolean;
  /** Chip and driver do not know the same of each other, until the host restarts. */
  isAstray: boolean;
  /** Since when a fault may make commands fail; Infinity while none does. */
  spoiltSince: Instant;
  isCleared: boolean;
}

const NEVER = Infinity as Instant;

/** The acts with an error that nothing in the procedure explains. */
export function unexpectedErrors({ outcomes, startError }: Played): Outcome[] {
  const now: Situation = {
    isBound: false,
    isAstray: startError !== undefined,
    spoiltSince: NEVER,
    isCleared: true,
  };
  // A group ends after the acts of its callers. Each act is judged by what was true when it ended.
  return outcomes.filter((outcome) => {
    const isUnexpected =
      outcome.error !== undefined && !isAboutUs(outcome.error) && !isExplained(outcome, now, outcomes);
    follow(now, outcome);
    return isUnexpected;
  });
}

const isAboutUs = (error: unknown): boolean => error instanceof UsageError;

function isExplained({ act, index, to, error }: Outcome, now: Situation, all: readonly Outcome[]): boolean {
  if (now.isAstray || to >= now.spoiltSince) return true;
  const isBesideSleep = all.some((other) => other.index === index && other.act.act === 'driver-sleep');
  switch (act.act) {
    case 'probe':
      return now.isBound;
    case 'command':
      return (
        !now.isBound ||
        (isBesideSleep && (error instanceof TransmitBlocked || error instanceof ChipNotAvailable))
      );
    case 'restart':
    case 'together':
      return false;
    default:
      return !now.isBound;
  }
}

function follow(now: Situation, outcome: Outcome): void {
  const { act, from, error } = outcome;
  const isDone = error === undefined;
  switch (act.act) {
    case 'probe':
      if (isDone) now.isBound = true;
      return;
    case 'remove':
      now.isBound = false;
      return;
    case 'suspend':
      if (!isDone) now.isAstray = true;
      return;
    case 'fault':
      now.isCleared = false;
      if (!isTolerated(faultOf(act.fault)) && from < now.spoiltSince) now.spoiltSince = from;
      return;
    case 'clear-faults':
      now.isCleared = true;
      return;
    case 'reset':
    case 'frame':
      now.isAstray = true;
      return;
    case 'restart':
      restarted(now);
  }
}

/** A restart ends everything but faults that are still set. */
function restarted(now: Situation): void {
  now.isBound = false;
  now.isAstray = false;
  if (now.isCleared) now.spoiltSince = NEVER;
}
