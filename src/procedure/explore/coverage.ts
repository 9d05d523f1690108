import { RULES } from '../../trace/index.ts';
import { signatureOf } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Played } from '../play.ts';
import type { Act } from '../schema.ts';

/** The kinds of thing that a procedure can reach. */
export const REACHED = ['acts', 'steps', 'rules', 'registers', 'errors', 'trust', 'faults'] as const;
export type ReachedKind = (typeof REACHED)[number];
/** What was reached, in a form that can be sent to another process. */
export type WrittenCoverage = Readonly<Record<ReachedKind, readonly string[]>>;

/**
 * The names of what was reached: kinds of act, pairs of acts in a row, rules that had something to judge, and so on.
 */
export class Coverage {
  readonly #sets: Readonly<Record<ReachedKind, Set<string>>> = {
    acts: new Set(),
    steps: new Set(),
    rules: new Set(),
    registers: new Set(),
    errors: new Set(),
    trust: new Set(),
    faults: new Set(),
  };

  /** Adds what one procedure reached. */
  add({ rules, registers, outcomes, faults }: Played, acts: readonly Act[]): void {
    const { steps, errors, trust } = this.#sets;
    acts.forEach(({ act }, index) => {
      this.#sets.acts.add(act);
      steps.add(`${acts[index - 1]?.act ?? 'start'} > ${act}`);
    });
    for (const [id, { occasions }] of rules.counts)
      if (occasions > 0 && KNOWN.has(id)) this.#sets.rules.add(id);
    for (const register of registers) this.#sets.registers.add(register.toString(16).padStart(3, '0'));
    for (const { kind } of faults) this.#sets.faults.add(kind);
    for (const { act, error, trust: seen } of outcomes) {
      if (error !== undefined) errors.add(`${act.act}: ${error.name}`);
      if (seen !== undefined) trust.add(seen);
    }
  }

  merge(other: WrittenCoverage): void {
    for (const kind of REACHED) for (const name of other[kind]) this.#sets[kind].add(name);
  }

  written(): WrittenCoverage {
    const sorted = (kind: ReachedKind): string[] => [...this.#sets[kind]].sort();
    return Object.fromEntries(REACHED.map((kind) => [kind, sorted(kind)])) as Record<ReachedKind, string[]>;
  }
}

const KNOWN: ReadonlySet<string> = new Set(RULES.map(({ id }) => id));

/** Shows how much was reached, and which rules never had something to judge. */
export function showCoverage(coverage: WrittenCoverage): string {
  const silent = RULES.filter(({ id }) => !coverage.rules.includes(id)).map(({ id }) => id);
  const counts = `${coverage.acts.length} kinds of act, ${coverage.steps.length} pairs of acts, ${coverage.rules.length} of ${RULES.length} rules, ${coverage.registers.length} registers, ${coverage.errors.length} errors, ${coverage.faults.length} faults, trust ${coverage.trust.join(' and ') || 'never seen'}`;
  return silent.length === 0 ? counts : `${counts}; rules without an occasion: ${silent.join(', ')}`;
}

/** A failure that a procedure showed, and the number of that procedure. */
export interface Discovery {
  readonly signature: string;
  /** Number of the procedure among those of the seed. */
  readonly number: number;
  readonly says: string;
}

/** The findings of one procedure, in a form that can be sent to another process. */
export const discoveriesOf = (findings: readonly Finding[], number: number): Discovery[] =>
  findings.map((finding) => ({ signature: signatureOf(finding), number, says: finding.says }));
