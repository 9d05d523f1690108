import { expect, test } from '@playwright/test';
import type { Board } from '../../../src/board/index.ts';
import type { OpenProgram } from '../../../src/boards/program/index.ts';
import { ChipProgramFailed, openProgram } from '../../../src/boards/program/index.ts';
import { SimBoard } from '../../../src/boards/sim/index.ts';
import { openEmulatedRig } from '../../../src/boards/controller/index.ts';
import { skippedWithoutSerialPort } from '../../programs.ts';
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
  readonly close: () => Promise<void>;
}

/** What a chip that counts has seen. */
const windowsOf = ({ chip }: Board): Windows => {
  const { frames, emptySelects } = chip!.counters;
  return { frames, selects: emptySelects };
};

let last: Windows = { frames: 0, selects: 0 };

/** A program that was closed cannot be asked: what it said last stands. */
function lastWindowsOf(board: Board): Windows {
  try {
    last = windowsOf(board);
  } catch (failure) {
    if (!(failure instanceof ChipProgramFailed)) throw failure;
  }
  return last;
}

/** One program for all clauses: it starts its chip over for each. The last clause closes it. */
let program: Promise<OpenProgram> | undefined;

test.afterAll(async () => {
  await (await program)?.board.close();
  program = undefined;
});

/** A board joins by how it is opened. */
const BOARDS: readonly {
  readonly name: string;
  readonly open: () => Promise<Bench>;
  /** Why it cannot be opened on this machine. */
  readonly skipped?: string | undefined;
}[] = [
  {
    name: 'simulated',
    open: () => {
      const board = new SimBoard({ seed: 1 });
      return Promise.resolve({ board, windows: () => windowsOf(board), close: () => board.close() });
    },
  },
  {
    name: 'simulated, behind the emulated rig controller',
    skipped: skippedWithoutSerialPort(),
    open: async () => {
      const { board } = await openEmulatedRig({ seed: 1 });
      return { board, windows: () => windowsOf(board), close: () => board.close() };
    },
  },
  {
    name: 'with a program as its chip',
    open: async () => {
      const command = [process.execPath, 'src/cli/start.js', 'chip', 'serve'];
      program ??= openProgram({ seed: 1, command });
      const { board, renew } = await program;
      await renew(1);
      return { board, windows: () => lastWindowsOf(board), close: () => Promise.resolve() };
    },
  },
];

for (const { name, open, skipped } of BOARDS)
  for (const clause of CLAUSES)
    test(`${name}: ${clause.name}`, async () => {
      test.skip(skipped !== undefined, skipped);
      const { board, windows, close } = await open();
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
        await close();
      }
    });
