import type { Command } from 'commander';
import { cyclePower } from '../../../host/index.ts';
import { RigLacks } from '../../../rig/index.ts';
import { actByHand, actExamples } from './by-hand.ts';
import type { JsonOption } from './shown.ts';
import { RIG_ARGUMENT } from './shown.ts';

/** `h1-hil rig power`: switches the supply of a board off and on. */
export function addRigPower(rig: Command): void {
  rig
    .command('power')
    .description("switch the board's supply off and on again, then leave the rig safe")
    .argument(...RIG_ARGUMENT)
    .option('--json', 'as JSON')
    .addHelpText('after', actExamples('h1-hil rig power raspberry-pi-nano'))
    .action((name: string, { json }: JsonOption) =>
      actByHand(name, 'power', json, async ({ board }) => {
        if (board.power === undefined)
          throw new RigLacks(
            `Rig ${name} does not switch its supply; name the line or a controller in its file.`,
          );
        await cyclePower(board);
        return 'The supply went off and on; the rig is left safe.';
      }),
    );
}
