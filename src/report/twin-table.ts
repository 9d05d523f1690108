import type { Cell } from './tables.ts';

/** How often something was compared, and how often both chips agreed. */
interface Agreement {
  readonly compared: number;
  readonly agreed: number;
}

/** What the twin of one test compared. */
export interface TwinTally {
  /** By behaviour: a register, a command, a reset, a pulse. */
  readonly agreements: Readonly<Record<string, Agreement>>;
  /** Frames that were not compared, since nobody can know what the chip saw before them. */
  readonly leftOut: number;
  /** Values that no model can know, by the reason, and how many passed their own check. */
  readonly unknowable: Readonly<Record<string, number>>;
}

/** Title of the table. */
export const TWIN_TABLE = 'Agreement with the twin';
const UNKNOWABLE = 'cannot be known, checked apart: ';
const LEFT_OUT = 'frames left out';

/** Adds up what the twins of a run compared: a row a behaviour, a column a profile. */
export class TwinTable {
  readonly #columns = new Map<string, Map<string, { compared: number; agreed: number }>>();

  add({ agreements, leftOut, unknowable }: TwinTally, profile: string): void {
    for (const [row, agreement] of Object.entries(agreements)) this.#count(profile, row, agreement);
    for (const [why, count] of Object.entries(unknowable))
      this.#count(profile, UNKNOWABLE + why, { compared: count, agreed: count });
    if (leftOut > 0) this.#count(profile, LEFT_OUT, { compared: leftOut, agreed: leftOut });
  }

  /** Rows in the order of their names, `1200 of 1200` or what did not agree, each with its profile. */
  cells(): readonly (readonly [Cell, string])[] {
    const rows = [...new Set([...this.#columns.values()].flatMap((column) => [...column.keys()]))].sort();
    return rows.flatMap((row) =>
      [...this.#columns].flatMap(([profile, column]) => {
        const count = column.get(row);
        return count === undefined ? [] : [[cellOf(row, count), profile] as const];
      }),
    );
  }

  #count(profile: string, row: string, { compared, agreed }: Agreement): void {
    const column = this.#columns.get(profile) ?? new Map<string, { compared: number; agreed: number }>();
    this.#columns.set(profile, column);
    const count = column.get(row) ?? { compared: 0, agreed: 0 };
    column.set(row, { compared: count.compared + compared, agreed: count.agreed + agreed });
  }
}

function cellOf(row: string, { compared, agreed }: Agreement): Cell {
  const isPlain = row === LEFT_OUT || row.startsWith(UNKNOWABLE);
  const text = isPlain ? String(compared) : `${agreed} of ${compared}`;
  return { table: TWIN_TABLE, row, text, tone: isPlain ? 'fair' : agreed === compared ? 'good' : 'bad' };
}
