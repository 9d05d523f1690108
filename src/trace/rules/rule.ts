import type { TracedLine } from '../events.ts';
import type { TraceListener } from '../decode/decoder.ts';
import type { Judgement } from './judgement.ts';

/** Both ends belong to what is allowed. */
export interface Limit {
  readonly least?: number;
  readonly most?: number;
}

export type RuleUnit = 'us' | 'ms' | 'count';

/** One thing that must hold of every trace, with the place where it is written. */
export interface Rule {
  readonly id: string;
  /** The claim, as a sentence. */
  readonly title: string;
  readonly limit: Limit;
  readonly unit: RuleUnit;
  /** Keys of docs/sources.md. */
  readonly source: string;
  /** The line without whose edges nothing can be said. */
  readonly needs?: TracedLine;
  /** The rule is for traces on which this line was not watched. */
  readonly unless?: TracedLine;
  /** Listens to one trace, and tells the judgement what it sees. */
  readonly begin: (judgement: Judgement) => TraceListener;
}

/** The same rule with another limit: a profile's own, or a stricter one. */
export const limited = (rule: Rule, limit: Limit): Rule => ({ ...rule, limit });

/** `at least 4 us`, `25 to 146 us`, `exactly 2`. */
export function showLimit({ least, most }: Limit, unit: RuleUnit): string {
  const tail = unit === 'count' ? '' : ` ${unit}`;
  if (least === undefined) return `at most ${most ?? Infinity}${tail}`;
  if (most === undefined) return `at least ${least}${tail}`;
  return least === most ? `exactly ${least}${tail}` : `${least} to ${most}${tail}`;
}
