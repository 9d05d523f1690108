import type { Command } from 'commander';
import { holderOf, knownRigs, loadRig } from '../../../rig/index.ts';
import type { JsonOption } from './shown.ts';
import { examples } from './shown.ts';
import { showRows } from '../../show-rows.ts';
import { printJson } from '../../print-json.ts';

/** `h1-hil rig list`: lists the rigs of rigs/, and who holds each. */
export function addRigList(rig: Command): void {
  rig
    .command('list')
    .description('list the rigs of rigs/ and who holds them')
    .option('--json', 'as JSON')
    .addHelpText('after', examples('h1-hil rig list', 'h1-hil rig list --json'))
    .action(async ({ json }: JsonOption) => {
      const rigs = await Promise.all(knownRigs().map(lineOf));
      if (json === true) printJson(rigs);
      else process.stdout.write(showRows(['rig', 'board', 'held by', 'what it is'], rigs.map(rowOf)));
    });
}

const rowOf = ({ name, board, description, holder }: Awaited<ReturnType<typeof lineOf>>): string[] => [
  name,
  board,
  holder === undefined ? '-' : `${holder.user}, process ${holder.pid}`,
  description,
];

async function lineOf(name: string) {
  const file = loadRig(name);
  return { name, board: file.board.kind, description: file.description, holder: await holderOf(file) };
}
