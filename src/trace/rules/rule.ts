import type { TracedLine } from '../events.ts';
import type { TraceListener } from '../decode/decoder.ts';
import type { Duration, FirmwareRelease, Instant } from '../../units/index.ts';

/** Both ends belong to what is allowed. */
export interface Limit {
  readonly least?: number;
  readonly most?: number;
  /** What lies between these two is not allowed either. */
  readonly gap?: { readonly above: number; readonly below: number };
}

/** The unit in which the limits of a rule are written. */
export type RuleUnit = 'us' | 'ms' | 'count';

/** Takes what a rule sees in one trace. */
export interface Tally {
  readonly rule: Rule;
  /** One occasion with a duration that must lie within `limit`, the rule's own unless told. */
  duration(at: Instant, seen: Duration, limit?: Limit): void;
  /** One occasion with a count that must lie within the rule's limit. */
  number(at: Instant, seen: number, what: string): void;
  /** One occasion on which the rule holds. */
  hold(): void;
  /** One occasion on which the rule is broken; `seen` is asked only while violations are kept, `by` is whom the rule binds unless told. */
  breach(at: Instant, seen: () => string, allowed: string, by?: Party): void;
}

/** Who can break a rule. `wire`: the line carries something that neither chip nor host has said. */
export type Party = 'chip' | 'host' | 'wire';

/** One thing that must hold of every trace, with the place where it is written. */
export interface Rule {
  readonly id: string;
  /** Who has to keep it. */
  readonly binds: Party;
  /** What it looks at: the shape and time of frames, or which registers they are for and in what order. */
  readonly about: 'frames' | 'registers';
  /** The claim, as a sentence. */
  readonly title: string;
  readonly limit: Limit;
  readonly unit: RuleUnit;
  /** Keys of docs/sources/README.md. */
  readonly source: string;
  /** The line whose edges are needed to judge the rule. */
  readonly needs?: TracedLine;
  /** The chip keeps the rule from this release of its firmware on; in every release when absent. `source`: who says so. */
  readonly since?: { readonly release: FirmwareRelease; readonly source: string };
  /** The rule is for traces on which this line was not watched. */
  readonly unless?: TracedLine;
  /** Listens to one trace, and tells the tally what it sees. */
  readonly begin: (tally: Tally) => TraceListener;
}

/** The same rule with another limit: a profile's own, or a stricter one. */
export const limited = (rule: Rule, limit: Limit): Rule => ({ ...rule, limit });

/** `at least 4 us`, `25 to 146 us`, `exactly 2`, `4 to 16 or 100 to 250 us`. */
export function showLimit({ least, most, gap }: Limit, unit: RuleUnit): string {
  const tail = unit === 'count' ? '' : ` ${unit}`;
  if (least === undefined) return `at most ${most ?? Infinity}${tail}`;
  if (most === undefined) return `at least ${least}${tail}`;
  if (gap !== undefined) return `${least} to ${gap.above} or ${gap.below} to ${most}${tail}`;
  return least === most ? `exactly ${least}${tail}` : `${least} to ${most}${tail}`;
}
