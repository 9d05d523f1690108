import type { Command } from 'commander';
import { holderOf, loadRig } from '../../../rig/index.ts';
import { partsOf } from '../../rig-parts.ts';
import type { JsonOption } from './shown.ts';
import { examples, RIG_ARGUMENT } from './shown.ts';
import { printJson } from '../../print-json.ts';

/** `h1-hil rig show`: lists the parts of a rig that its file describes. */
export function addRigShow(rig: Command): void {
  rig
    .command('show')
    .description('show what a rig has, as its file says')
    .argument(...RIG_ARGUMENT)
    .option('--json', 'as JSON, whole')
    .addHelpText(
      'after',
      `${examples('h1-hil rig show raspberry-pi-nano', 'h1-hil rig show ./my-bench.yaml --json')}\n\nh1-hil rig check opens the rig and says what it can do.`,
    )
    .action(async (name: string, { json }: JsonOption) => {
      const file = loadRig(name);
      if (json === true) printJson(file);
      else
        for (const [part, text] of partsOf(file, await holderOf(file)))
          process.stdout.write(`${part.padEnd(12)}${text}\n`);
    });
}
