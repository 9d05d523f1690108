import type { HealthRecord, HealthState, History } from '../history/index.ts';
import { showMoment } from '../history/index.ts';
import { LabFailure, printable, printableLines } from '../units/index.ts';
import { driftSince } from './fingerprint.ts';
import type { Proof } from './recovery.ts';
import { isGood, showProof } from './recovery.ts';

/** The states in which a person has taken a rig out: no canary changes them. */
const BY_HAND: readonly HealthState[] = ['maintenance', 'retired'];
/** The states in which no test runs. */
const CLOSED: readonly HealthState[] = ['bad', 'looping', ...BY_HAND];

/** The canary of a rig failed, or the rig is closed: nothing can be said of chip and driver. */
export class RigNotGood extends LabFailure {
  readonly blames = 'rig';
}

/** What is said of a rig of which nothing is written. */
const unknown = (rig: string, host: string): HealthRecord => ({
  ...{ rig, host, state: 'unknown', reason: 'nobody has looked yet', by: '-', at: 0 },
  ...{ fingerprint: null, rungs: [] },
});

/** How a rig is. */
export async function healthOf(history: History, rig: string, host: string): Promise<HealthRecord> {
  return (await history.health({ rig, host }))[0] ?? unknown(rig, host);
}

/** `bad since 2026-11-30 02:15, by canary: The canary failed ...`. */
export const showHealth = ({ state, at, by, reason }: HealthRecord): string =>
  at === 0
    ? `${state}: ${reason}`
    : `${state} since ${showMoment(at)}, by ${printable(by)}: ${printableLines(reason).replace(/\s+/g, ' ')}`;

/** Why no test may run on a rig; undefined when one may. */
export function closedBecause(health: HealthRecord): string | undefined {
  if (!CLOSED.includes(health.state)) return undefined;
  const way = isOut(health)
    ? `h1-hil rig health ${health.rig} --set unknown --reason TEXT gives it back.`
    : `h1-hil rig canary ${health.rig} looks again.`;
  return `Rig ${health.rig} is ${showHealth(health).replace(/\.?$/, '.')} ${way}`;
}

/** Whether a person has taken the rig out. */
export const isOut = ({ state }: HealthRecord): boolean => BY_HAND.includes(state);

/** What a proof makes of a rig, and what of it is not as it was. */
export interface Noted {
  readonly record: HealthRecord;
  readonly drift: readonly string[];
}

/**
 * Writes what a proof says of a rig. A person's word stands, and a rig that loops goes on to loop.
 * @param now milliseconds since 1970
 */
export async function noteProof(
  history: History,
  before: HealthRecord,
  proof: Proof,
  now: number,
): Promise<Noted> {
  const { rig, host } = before;
  const last = isGood(proof) ? await history.lastGood(rig, host) : undefined;
  const drift = isGood(proof) && last?.fingerprint ? driftSince(last.fingerprint, proof.fingerprint) : [];
  const found: HealthState = isGood(proof) ? 'good' : 'bad';
  const record: HealthRecord = {
    ...{ rig, host, by: 'canary', at: now, rungs: proof.rungs },
    state: isOut(before) || (before.state === 'looping' && found === 'good') ? before.state : found,
    reason: [showProof(proof), ...drift.map((one) => `Drift: ${one}.`)].join(' '),
    fingerprint: proof.fingerprint ?? null,
  };
  if (!isOut(before)) await history.setHealth(record);
  return { record, drift };
}
