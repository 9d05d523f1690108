import { readdirSync, writeFileSync } from 'node:fs';
import { learnBus, openLinuxBoard } from '../../../../src/boards/linux/index.ts';
import type { LinuxBoardOptions } from '../../../../src/boards/linux/options.ts';
import { startChip } from '../../contract/chip-access.ts';
import { CLAUSES } from '../../contract/clauses.ts';
import { keep } from '../../contract/keep.ts';

// Inside the guest: holds the board that its argument describes to every clause, and tells each outcome as a line of JSON.
// The chip's end of the wires is told where a clause begins and ends.
const DRIVER = '/sys/bus/pci/drivers/h1lab';
const control = `${DRIVER}/${readdirSync(DRIVER).find((name) => name.includes(':')) ?? ''}/ctl`;
const options = JSON.parse(process.argv[2] ?? '') as LinuxBoardOptions;

const board = await openLinuxBoard(options);
try {
  await learnBus(board, options.spi);
  for (const clause of CLAUSES) {
    await startChip(board);
    writeFileSync(control, `begin ${clause.name}`);
    const outcome = await keep(board, clause);
    writeFileSync(control, `end ${clause.name}`);
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
  }
} finally {
  await board.close();
}
