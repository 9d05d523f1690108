import type { Instant } from '../units/index.ts';

/**
 * Where a finding comes from: a rule of the trace, a difference between driver and wire, an error of the driver, a
 * promise of an act, or an expectation of the suite test whose journal is played.
 */
export const FINDING_KINDS = ['rule', 'wire', 'error', 'promise', 'expectation'] as const;

/** Something that is not as it has to be when a procedure is played. */
export interface Finding {
  readonly kind: (typeof FINDING_KINDS)[number];
  /** The rule, the error with its causes, or the promise. */
  readonly id: string;
  /** The party to blame: who broke the rule, or in which kind of act the driver failed. */
  readonly place: string;
  /** Index of the act in the procedure; -1 before the first act. */
  readonly act: number;
  readonly at: Instant;
  readonly says: string;
}

/** Two findings with the same signature are the same failure: the same rule, error or promise in the same place. */
export const signatureOf = ({ kind, id, place }: Finding): string => `${kind} ${id} (${place})`;
