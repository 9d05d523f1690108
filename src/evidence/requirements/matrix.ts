import { parseCitation, parseCitations } from '../../report/citations.ts';
import type { Clause } from './clauses.ts';
import { CLAUSES } from './clauses.ts';

/** What cites clauses: a test with a driver, or a rule of the trace. */
export interface Citing {
  readonly name: string;
  readonly sources: readonly string[];
}

/** A clause, and what cites it. */
export interface Covered extends Clause {
  readonly tests: readonly string[];
  readonly rules: readonly string[];
}

/** Which test and which rule cites which clause. */
export interface Matrix {
  readonly clauses: readonly Covered[];
  /** Tests that show no clause of ours, with what they cite instead. */
  readonly without: readonly Citing[];
}

/** Keys whose citations are about a part of another clause. */
const STANDS_FOR: Readonly<Record<string, string>> = { TRACE: 'CHIP 10.2', ORACLE: 'CHIP 10.4' };

/** How a clause is cited: by one of these words, or by one with more behind it. */
export const citedAs = (id: string): string[] => [
  id,
  ...Object.keys(STANDS_FOR).filter((key) => STANDS_FOR[key] === id),
];

/** The clause that a citation is about; undefined for another document. `CHIP 4.3 (STS)` is about `CHIP 4.3`. */
export function clauseOf(citation: string): string | undefined {
  const parsed = parseCitation(citation);
  if (parsed === undefined) return undefined;
  const number = /^[\w.-]*\w/.exec(parsed.clause)?.[0] ?? '';
  const id = STANDS_FOR[parsed.key] ?? `${parsed.key} ${number}`.trim();
  return CLAUSES.find((clause) => clause.id === id)?.id;
}

/** The clauses that these citations are about, each once. */
export const clausesOf = (sources: readonly string[]): string[] => [
  ...new Set(sources.map(clauseOf).filter((id) => id !== undefined)),
];

/** The clauses that a rule's source is about: `[CHIP 1.2] [CHIP 1.3]`. */
export const clausesOfRule = (source: string): string[] =>
  clausesOf(
    [...source.matchAll(/\[([^\]]+)\]/g)].flatMap(([, inside]) =>
      parseCitations(inside!).map(({ key, clause }) => `${key} ${clause}`),
    ),
  );

/** Puts tests and rules beside the clauses that they cite. */
export function matrixOf(tests: readonly Citing[], rules: readonly Citing[]): Matrix {
  const cited = (all: readonly (readonly [string, readonly string[]])[], id: string): string[] => [
    ...new Set(all.filter(([, clauses]) => clauses.includes(id)).map(([name]) => name)),
  ];
  const ofTests = tests.map((one) => [one.name, clausesOf(one.sources)] as const);
  const ofRules = rules.map(({ name, sources }) => [name, sources.flatMap(clausesOfRule)] as const);
  const without = tests.filter((_, at) => ofTests[at]![1].length === 0);
  return {
    clauses: CLAUSES.map((clause) => ({
      ...clause,
      tests: cited(ofTests, clause.id),
      rules: cited(ofRules, clause.id),
    })),
    without: [...new Map(without.map((one) => [one.name, one])).values()],
  };
}
