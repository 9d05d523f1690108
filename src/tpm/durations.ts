import type { DurationRules } from '../tis/index.ts';
import type { Duration } from '../units/index.ts';

type DurationClass = keyof Omit<DurationRules, 'unknown' | 'verifySignature'>;

const VERIFY_SIGNATURE = 0x177;

/** Classes of commands by how long they may take; what is not listed is unknown. [DRIVER 3.6] */
const CLASSES: ReadonlyMap<number, DurationClass> = new Map([
  [0x144, 'medium'], // Startup
  [0x143, 'long'], // SelfTest
  [0x17b, 'long'], // GetRandom
  [0x15c, 'medium'], // SequenceUpdate
  [0x13e, 'medium'], // SequenceComplete
  [0x185, 'medium'], // EventSequenceComplete
  [0x186, 'medium'], // HashSequenceStart
  [0x182, 'medium'], // PCR_Extend
  [0x121, 'long'], // HierarchyControl
  [0x129, 'long'], // HierarchyChangeAuth
  [0x17a, 'medium'], // GetCapability
  [0x14e, 'long'], // NV_Read
  [0x131, 'veryLong'], // CreatePrimary
  [0x153, 'veryLong'], // Create
  [0x191, 'veryLong'], // CreateLoaded
]);

/** The longest time from tpmGo to dataAvail for a command code. */
export function durationOf(code: number, rules: DurationRules): Duration {
  if (code === VERIFY_SIGNATURE) return rules[rules.verifySignature];
  const known = CLASSES.get(code);
  return known === undefined ? rules.unknown : rules[known];
}
