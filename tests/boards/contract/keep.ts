import type { Board } from '../../../src/board/index.ts';
import type { Clause } from './clauses.ts';

/** What the chip's end of the wires saw: CS assertions with clocks, and without. */
export interface Windows {
  readonly frames: number;
  readonly selects: number;
}

/** How one clause went on one board. */
export interface Outcome {
  readonly name: string;
  readonly verdict: 'kept' | 'broken' | 'not applicable';
  /** What broke it, or which capability is missing. */
  readonly why: string;
  /** What the wires must have seen meanwhile. */
  readonly expected: Windows;
}

/** Holds a board to one clause. The chip was started. */
export async function keep(board: Board, clause: Clause): Promise<Outcome> {
  const { name, needs = [], selects = 0, continued = 0 } = clause;
  const missing = needs.filter((capability) => !board.capabilities.has(capability));
  const before = board.spi.counters.transactions;
  const outcome = (verdict: Outcome['verdict'], why: string): Outcome => {
    const assertions = board.spi.counters.transactions - before - continued;
    return { name, verdict, why, expected: { frames: assertions - selects, selects } };
  };
  if (missing.length > 0)
    return {
      ...outcome('not applicable', `the board lacks ${missing.join(', ')}`),
      expected: { frames: 0, selects: 0 },
    };
  try {
    await clause.run(board);
    return outcome('kept', '');
  } catch (failure) {
    return outcome('broken', failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));
  }
}
