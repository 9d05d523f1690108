import type { Instant } from '../units/index.ts';

/** Who looks: a rule of the trace, the wire against the driver's word, the driver's own errors, what an act promises. */
export const FINDING_KINDS = ['rule', 'wire', 'error', 'promise'] as const;

/** One thing that was not as it has to be. */
export interface Finding {
  readonly kind: (typeof FINDING_KINDS)[number];
  /** The rule, the error with its causes, or the promise. */
  readonly id: string;
  /** Whose it is: who broke the rule, or what the driver was doing when it erred. */
  readonly place: string;
  /** Index of the act; -1 before the first. */
  readonly act: number;
  readonly at: Instant;
  readonly says: string;
}

/** What makes two findings the same failure: the same rule or error at the same place. */
export const signatureOf = ({ kind, id, place }: Finding): string => `${kind} ${id} (${place})`;
