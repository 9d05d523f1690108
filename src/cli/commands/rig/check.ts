import type { Command } from 'commander';
import type { Board } from '../../../board/index.ts';
import { showBoard } from '../../../board/index.ts';
import { loadRig } from '../../../rig/index.ts';
import { openUsableRig } from '../../usable-rig.ts';
import type { JsonOption } from './shown.ts';
import { examples, RIG_ARGUMENT } from './shown.ts';
import { printJson } from '../../print-json.ts';

/** `h1-hil rig check`: tells whether a rig opens, and what it can do. */
export function addRigCheck(rig: Command): void {
  rig
    .command('check')
    .description('check a rig file, open its board, and say what it can do')
    .argument(...RIG_ARGUMENT)
    .option('--json', 'as JSON')
    .addHelpText('after', examples('h1-hil rig check sim', 'h1-hil rig check ./my-bench.yaml --json'))
    .action(async (name: string, { json }: JsonOption) => {
      const { board, rig: file } = await openUsableRig(loadRig(name), 1);
      try {
        tell(file.name, board, json);
      } finally {
        await board.close();
      }
    });
}

function tell(rig: string, board: Board, json: true | undefined): void {
  const capabilities = [...board.capabilities];
  const chip = board.chip?.description;
  if (json === true) printJson({ rig, board: showBoard(board), capabilities, chip });
  else
    process.stdout.write(
      `Rig ${rig} opens: ${showBoard(board)} board${chip === undefined ? '' : ` with ${chip}`}\nIt can do: ${capabilities.join(', ')}\n`,
    );
}
