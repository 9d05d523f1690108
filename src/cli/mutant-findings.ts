import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WORKER_DIED } from '../report/attribution.ts';
import type { Failure, JournalEntry } from '../report/journal.ts';
import type { Fate, Outcome, TimedTest } from '../score/mutants/index.ts';
import { fateOfFailures } from '../score/mutants/index.ts';
import { mutantIn, titleWith } from '../report/mutant-title.ts';
import type { MutantSettings } from './mutant-settings.ts';

/** Number of failures after which a mutant counts as killed. Their majority says whose fault it is. */
export const ENOUGH = 3;

/** The last of the titles of a test. */
export const titleOf = ({ path }: Pick<TimedTest, 'path'>): string => path.split(' › ').at(-1)!;

/** What is known of mutants that are judged together. */
export class Findings {
  readonly #failures = new Map<string, Failure[]>();
  readonly #ended = new Set<string>();

  /** How many tests have ended until now. */
  get ended(): number {
    return this.#ended.size;
  }

  hasEnded = (id: string, path: string): boolean => this.#ended.has(titleWith(path, id));

  isDead = (id: string): boolean => (this.#failures.get(id)?.length ?? 0) >= ENOUGH;

  add(journal: readonly JournalEntry[]): void {
    const plan = journal.find((entry) => entry.kind === 'plan')?.tests ?? [];
    for (const entry of journal) {
      if (entry.kind !== 'test' || !['passed', 'failed'].includes(entry.outcome)) continue;
      const { path, profile } = plan[entry.test]!;
      this.#ended.add(path);
      if (entry.failure === undefined) continue;
      const { title, id } = mutantIn(titleOf({ path }))!;
      const suite = dirname(path.split(' › ')[2]!);
      const failure = { suite, profile, title, ...entry.failure };
      this.#failures.set(id, [...(this.#failures.get(id) ?? []), failure]);
    }
  }

  /** Undefined when every test passed. */
  fateOf(id: string): Fate | undefined {
    const failures = this.#failures.get(id) ?? [];
    const told = failures.filter(({ rule }) => rule !== WORKER_DIED.rule);
    return fateOfFailures(told) ?? (failures.length > 0 ? { fate: 'hung' } : undefined);
  }
}

/** The outcomes of earlier runs of the same build and the same settings, one JSON object a line. */
export class OutcomeFile {
  readonly #file: string;

  constructor({ folder, seed, twin, testsMs, profiles }: MutantSettings) {
    this.#file = join(folder, `outcomes-${[seed, twin, testsMs, ...profiles].join('-')}.jsonl`);
  }

  read(): ReadonlyMap<string, Outcome> {
    const lines = existsSync(this.#file) ? readFileSync(this.#file, 'utf8').split('\n') : [];
    const outcomes = lines.flatMap((line) => parsedOutcome(line) ?? []);
    return new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  }

  add(outcome: Outcome): void {
    appendFileSync(this.#file, `${JSON.stringify(outcome)}\n`);
  }
}

/** Undefined for a line that was cut off when the program was killed: that mutant is judged again. */
function parsedOutcome(line: string): Outcome | undefined {
  try {
    return JSON.parse(line) as Outcome;
  } catch {
    return undefined;
  }
}
