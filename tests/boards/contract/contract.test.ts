import { expect, test } from '@playwright/test';
import type { Board } from '../../../src/board/index.ts';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { openEmulatedRig } from '../../../src/boards/controller/index.ts';
import { startChip } from './chip-access.ts';
import { CLAUSES } from './clauses.ts';
import type { Windows } from './keep.ts';
import { keep } from './keep.ts';

// Every board keeps one contract. Boards of this process are rows here; the board `linux` keeps it inside the virtual
// machine: tests/boards/linux/guest.test.ts.

interface Bench {
  readonly board: Board;
  /** What the chip has seen since it was made. */
  readonly windows: () => Windows;
}

/** A board joins by how it is opened. */
const BOARDS: readonly { readonly name: string; readonly open: () => Promise<Bench> }[] = [
  {
    name: 'simulated',
    open: async () => {
      const board = new SimBoard({ seed: 1 });
      return {
        board,
        windows: () => {
          const { frames, emptySelects } = board.chip.counters;
          return { frames, selects: emptySelects };
        },
      };
    },
  },
  {
    name: 'simulated, behind the emulated rig controller',
    open: async () => {
      const { board } = await openEmulatedRig({ seed: 1 });
      return {
        board,
        windows: () => {
          const { frames, emptySelects } = board.chip!.counters;
          return { frames, selects: emptySelects };
        },
      };
    },
  },
];

for (const { name, open } of BOARDS)
  for (const clause of CLAUSES)
    test(`${name}: ${clause.name}`, async () => {
      const { board, windows } = await open();
      try {
        await startChip(board);
        const before = windows();
        const { verdict, why, expected } = await keep(board, clause);
        test.skip(verdict === 'not applicable', why);
        expect(verdict, why).toBe('kept');
        const after = windows();
        expect({
          frames: after.frames - before.frames,
          selects: after.selects - before.selects,
        }).toEqual(expected);
      } finally {
        await board.close();
      }
    });
