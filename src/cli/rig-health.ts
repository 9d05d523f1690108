import { hostname } from 'node:os';
import type { HealthRecord, History } from '../history/index.ts';
import { openHistory } from '../history/index.ts';
import type { Noted, Proof } from '../lab/index.ts';
import { closedBecause, healthOf, isGood, noteProof, prove, RigNotGood, showProof } from '../lab/index.ts';
import type { Rig, Vouched } from '../rig/index.ts';
import { openRig } from '../rig/index.ts';

/** Seed of the board on which a canary sings. */
const SEED = 1;

/** What a canary found, and what it makes of the rig; `noted` is undefined where there is no history. */
export interface Looked {
  readonly proof: Proof;
  readonly noted: Noted | undefined;
}

/** Lets the canary sing on a rig, whose lease the caller has, and writes what it makes of the rig. */
export async function examineRig(
  rig: Rig,
  history: History | undefined,
  { before, check }: { readonly before?: HealthRecord | undefined } & Vouched = {},
): Promise<Looked> {
  const health = history && (before ?? (await healthOf(history, rig.key, hostname())));
  const proof = await prove(() => openRig(rig, SEED, { check }));
  const noted = history && health && (await noteProof(history, health, proof, new Date().getTime()));
  return { proof, noted };
}

/**
 * The canary before the first test of a run. The rig is closed again when it returns.
 * @returns the hash of the rig's fingerprint
 * @throws RigNotGood when the rig is closed, or its canary fails: nothing is said of chip and driver then
 */
export async function canaryBefore(
  rig: Rig,
  place: string | undefined,
  { tell, check }: { readonly tell: (text: string) => void } & Vouched,
): Promise<string> {
  const history = place === undefined ? undefined : await openHistory(place, { mayMake: true });
  try {
    const health = history && (await healthOf(history, rig.key, hostname()));
    const closed = health && closedBecause(health);
    if (closed !== undefined) throw new RigNotGood(closed);
    const { proof, noted } = await examineRig(rig, history, { before: health, check });
    if (!isGood(proof)) throw new RigNotGood(`Rig ${rig.name} is not good. ${showProof(proof)}`);
    if (proof.rungs.length > 0) tell(showProof(proof));
    for (const one of noted?.drift ?? []) tell(`Rig ${rig.name} has drifted: ${one}.`);
    return proof.fingerprint.hash;
  } finally {
    await history?.close();
  }
}
