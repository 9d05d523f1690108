import { readdirSync, writeFileSync } from 'node:fs';
import { learnBus, openLinuxBoard } from '../../../../src/boards/linux/index.ts';
import { whilePowered } from '../../../../src/host/index.ts';
import { startChip } from '../../contract/chip-access.ts';
import { CLAUSES } from '../../contract/clauses.ts';
import { keep } from '../../contract/keep.ts';
import { FACTS } from './facts.ts';
import type { GuestRig } from './guest-rigs.ts';
import { GUEST_RIGS } from './guest-rigs.ts';

// Inside the guest: holds one board to every clause, and tells each outcome as a line of JSON. The chip's end of the wires
// is told where a clause begins and ends.
const DRIVER = '/sys/bus/pci/drivers/h1lab';
const control = `${DRIVER}/${readdirSync(DRIVER).find((name) => name.includes(':')) ?? ''}/ctl`;
const [, , rig, which] = process.argv as [string, string, GuestRig, 'contract' | 'facts'];
const options = GUEST_RIGS[rig];

const board = await openLinuxBoard(options);
try {
  await learnBus(board, options.spi, whilePowered);
  for (const clause of which === 'facts' ? FACTS : CLAUSES) {
    await startChip(board);
    writeFileSync(control, 'begin');
    const outcome = await keep(board, clause);
    writeFileSync(control, `end ${clause.name}`);
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
  }
} finally {
  await board.close();
}
