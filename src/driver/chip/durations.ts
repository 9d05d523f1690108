import type { DurationRules } from '../profile.ts';
import type { Duration } from '../../units/index.ts';
import { TPM_CC } from '../../wire/index.ts';

type DurationClass = keyof Omit<DurationRules, 'unknown' | 'verifySignature'>;

/** Classes of commands by how long they may take; what is not listed is unknown. [DRIVER 3.6] */
const CLASSES: ReadonlyMap<number, DurationClass> = new Map([
  [TPM_CC.Startup, 'medium'],
  [TPM_CC.SelfTest, 'long'],
  [TPM_CC.GetRandom, 'long'],
  [TPM_CC.SequenceUpdate, 'medium'],
  [TPM_CC.SequenceComplete, 'medium'],
  [TPM_CC.EventSequenceComplete, 'medium'],
  [TPM_CC.HashSequenceStart, 'medium'],
  [TPM_CC.PCR_Extend, 'medium'],
  [TPM_CC.HierarchyControl, 'long'],
  [TPM_CC.HierarchyChangeAuth, 'long'],
  [TPM_CC.GetCapability, 'medium'],
  [TPM_CC.NV_Read, 'long'],
  [TPM_CC.CreatePrimary, 'veryLong'],
  [TPM_CC.Create, 'veryLong'],
  [TPM_CC.CreateLoaded, 'veryLong'],
]);

/** The longest time from tpmGo to dataAvail for a command code. */
export function durationOf(code: number, rules: DurationRules): Duration {
  if (code === TPM_CC.VerifySignature) return rules[rules.verifySignature];
  const known = CLASSES.get(code);
  return known === undefined ? rules.unknown : rules[known];
}
