import type { Command } from 'commander';
import { showBoard } from '../../board/index.ts';
import { holderOf, knownRigs, loadRig, rigJsonSchema } from '../../rig/index.ts';
import { addRigBench } from './rig-bench.ts';
import { addRigMonitor } from './rig-monitor.ts';
import { partsOf } from '../rig-parts.ts';
import { openUsableRig } from '../usable-rig.ts';

interface JsonOption {
  readonly json?: true;
}

const print = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);

/** `h1-hil rig`: rig files, and whether a rig can be used. */
export function addRig(program: Command): void {
  const rig = program.command('rig').description('rigs: list them, show one, check one');
  addRigBench(rig);
  addRigMonitor(rig);
  rig
    .command('list')
    .description('list the rigs of rigs/ and who holds them')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  h1-hil rig list\n  h1-hil rig list --json')
    .action(async ({ json }: JsonOption) => {
      const rigs = await Promise.all(
        knownRigs().map(async (name) => {
          const file = loadRig(name);
          return {
            name,
            board: file.board.kind,
            description: file.description,
            holder: await holderOf(file),
          };
        }),
      );
      if (json === true) print(rigs);
      else
        for (const { name, board, description, holder } of rigs)
          process.stdout.write(
            `${name.padEnd(22)} ${board.padEnd(6)} ${description}${holder === undefined ? '' : ` [held by ${holder.user}, process ${holder.pid}]`}\n`,
          );
    });
  rig
    .command('show')
    .description('show what a rig has, as its file says')
    .argument('<rig>', 'rig of rigs/, or path to a rig file')
    .option('--json', 'as JSON, whole')
    .addHelpText(
      'after',
      '\nExamples:\n  h1-hil rig show raspberry-pi-nano\n  h1-hil rig show ./my-bench.yaml --json\n\nh1-hil rig check opens the rig and says what it can do.',
    )
    .action(async (name: string, { json }: JsonOption) => {
      const file = loadRig(name);
      if (json === true) print(file);
      else
        for (const [part, text] of partsOf(file, await holderOf(file)))
          process.stdout.write(`${part.padEnd(12)}${text}\n`);
    });
  rig
    .command('schema')
    .description('print the JSON schema of rig files, which rigs/schema.json is')
    .action(() => {
      print(rigJsonSchema());
    });
  rig
    .command('check')
    .description('check a rig file, open its board, and say what it can do')
    .argument('<rig>', 'rig of rigs/, or path to a rig file')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  h1-hil rig check sim\n  h1-hil rig check ./my-bench.yaml --json')
    .action(async (name: string, { json }: JsonOption) => {
      const { board, rig: file } = await openUsableRig(loadRig(name), 1);
      try {
        const capabilities = [...board.capabilities];
        if (json === true)
          print({ rig: file.name, board: showBoard(board), capabilities, chip: board.chip?.description });
        else
          process.stdout.write(
            `Rig ${file.name} opens: ${showBoard(board)} board${board.chip ? ` with ${board.chip.description}` : ''}\nIt can do: ${capabilities.join(', ')}\n`,
          );
      } finally {
        await board.close();
      }
    });
}
