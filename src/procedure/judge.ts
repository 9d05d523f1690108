import type { Violation } from '../trace/index.ts';
import { showViolation } from '../trace/index.ts';
import type { Instant } from '../units/index.ts';
import type { Finding } from './finding.ts';
import { signatureOf } from './finding.ts';
import { BEGINNING, between, earlier, HilError, showDuration } from '../units/index.ts';
import { DIGESTED } from '../host/index.ts';
import { errorId } from './error-id.ts';
import { isExcused } from './excuses.ts';
import { brokenPromises } from './promises.ts';
import type { Outcome } from './player.ts';
import type { Played } from './play.ts';
import { unexpectedErrors } from './unexpected.ts';

/** Judges a play. Keeps the first finding of each signature, in the order of time. */
export function judge(played: Played): readonly Finding[] {
  const findings = [
    ...byRules(played),
    ...byWire(played),
    ...byStart(played),
    ...unexpectedErrors(played).map((outcome) => ofError(outcome)),
    ...brokenPromises(played),
  ].sort((a, b) => a.at - b.at);
  const first = new Map<string, Finding>();
  for (const finding of findings) {
    const signature = signatureOf(finding);
    if (!first.has(signature)) first.set(signature, finding);
  }
  return [...first.values()];
}

/** Index of the act that was under way at a moment, or of the last one before it. */
export function actAt(outcomes: readonly Outcome[], at: Instant): number {
  let index = -1;
  for (const outcome of outcomes) if (outcome.from <= at && outcome.index > index) index = outcome.index;
  return index;
}

const byRules = (played: Played): Finding[] =>
  played.rules.violations
    .filter((violation) => !isExplained(violation, played))
    .map((violation) => ({
      kind: 'rule',
      id: violation.rule.id,
      place: violation.by,
      act: actAt(played.outcomes, violation.at),
      at: violation.at,
      says: showViolation(violation),
    }));

/**
 * Whether a fault explains the breach. A fault explains breaches shortly before it as well, while the chip digests a
 * frame.
 */
const isExplained = (violation: Violation, { faults }: Played): boolean =>
  isExcused(violation, {
    faults: faults
      .filter(({ until }) => violation.at < until)
      .map(({ kind, at }) => ({ kind, at: earlier(at, DIGESTED) })),
    provoked: [],
    habits: [],
  });

/**
 * Compares what the driver was given and returned with what the wire carried. While faults are set, the two may
 * differ.
 */
function byWire({ said, exchanges, meddled, faults, outcomes, rules }: Played): Finding[] {
  if (said.isEmpty || faults.length > 0 || rules.chip.isForeign) return [];
  const isMeddled = (from: Instant, to: Instant): boolean => meddled.some((at) => at >= from && at <= to);
  return said.compare(exchanges, { oldest: BEGINNING, isMeddled }).map(({ rule, at, says }) => ({
    kind: 'wire',
    id: rule,
    place: 'driver',
    act: actAt(outcomes, at),
    at,
    says,
  }));
}

const byStart = ({ startError }: Played): Finding[] =>
  startError === undefined
    ? []
    : [{ kind: 'error', ...describe(startError), place: 'host firmware', act: -1, at: BEGINNING }];

const ofError = ({ act, index, from, to, error }: Outcome): Finding => {
  const { id, says } = describe(error);
  return {
    kind: 'error',
    id,
    place: act.act,
    act: index,
    at: from,
    says: `${says} It came ${showDuration(between(from, to))} after the act began.`,
  };
};

/** Names an error, and says what its message says. */
export function describe(error: unknown): { readonly id: string; readonly says: string } {
  if (!(error instanceof Error)) return { id: errorId(error), says: String(error) };
  const message = error instanceof HilError ? error.message : `The driver broke down: ${error.message}.`;
  return { id: errorId(error), says: message };
}
