import type { Command } from 'commander';
import { pulseReset } from '../../../host/index.ts';
import type { Duration } from '../../../units/index.ts';
import { ms, UsageError } from '../../../units/index.ts';
import { RigLacks } from '../../../rig/index.ts';
import { actByHand, actExamples } from './by-hand.ts';
import type { JsonOption } from './shown.ts';
import { RIG_ARGUMENT } from './shown.ts';

const MAX_RESET_MS = 10_000;

interface ResetOptions extends JsonOption {
  readonly ms: string;
}

/** `h1-hil rig reset`: gives one pulse of TPM_RST_L, on the board's own line. */
export function addRigReset(rig: Command): void {
  rig
    .command('reset')
    .description('pulse TPM_RST_L')
    .argument(...RIG_ARGUMENT)
    .option('--ms <width>', 'how long it is asserted', '2')
    .option('--json', 'as JSON')
    .addHelpText('after', actExamples('h1-hil rig reset raspberry-pi --ms 5'))
    .action((name: string, { ms: written, json }: ResetOptions) => {
      const width = checkedWidth(written);
      return actByHand(name, 'reset', json, async ({ board }) => {
        if (board.reset === undefined)
          throw new RigLacks(
            `Rig ${name} does not drive TPM_RST_L; name the line or a controller in its file.`,
          );
        await pulseReset(board, width);
        return `TPM_RST_L was asserted for ${Number(written)} ms.`;
      });
    });
}

/** @throws UsageError */
function checkedWidth(written: string): Duration {
  const width = Number(written);
  if (!(width > 0 && width <= MAX_RESET_MS))
    throw new UsageError(`--ms ${written} is no width; say a number above 0, at most ${MAX_RESET_MS}.`);
  return ms(width);
}
