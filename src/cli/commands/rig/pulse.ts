import type { Command } from 'commander';
import type { PulsedLine } from '../../../boards/controller/index.ts';
import { canPulse, MAX_PULSE, MIN_PULSE, PULSED_LINES } from '../../../boards/controller/index.ts';
import { switchOn } from '../../../host/index.ts';
import type { Duration } from '../../../units/index.ts';
import { inUs, us, UsageError } from '../../../units/index.ts';
import { RigLacks } from '../../../rig/index.ts';
import { actByHand, actExamples } from './by-hand.ts';
import type { JsonOption } from './shown.ts';
import { RIG_ARGUMENT } from './shown.ts';

interface PulseOptions extends JsonOption {
  readonly us: string;
}

const LIMITS = `${inUs(MIN_PULSE)} to ${inUs(MAX_PULSE)}`;

/** `h1-hil rig pulse`: gives one pulse on a line that passes through the rig controller. */
export function addRigPulse(rig: Command): void {
  rig
    .command('pulse')
    .description(
      'pulse a line for a width in microseconds, timed by the rig controller, with the board powered',
    )
    .argument(...RIG_ARGUMENT)
    .argument('<line>', PULSED_LINES.join(', '))
    .requiredOption('--us <width>', `how long: ${LIMITS}`)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      actExamples(
        'h1-hil rig pulse raspberry-pi-nano CS_L --us 100',
        'h1-hil rig pulse raspberry-pi-nano supply --us 2000 --json',
      ),
    )
    .action((name: string, written: string, options: PulseOptions) => {
      const line = checkedLine(written);
      const width = checkedWidth(options.us);
      return actByHand(name, 'pulse', options.json, async ({ controlled }) => {
        if (controlled === undefined)
          throw new RigLacks(
            `Rig ${name} has no rig controller, which times pulses; name one in its file (docs/rig-controller.md).`,
          );
        await switchOn(controlled);
        await controlled.controller.pulse(line, width);
        await controlled.clock.sleep(width);
        return `${line} was ${line === 'supply' ? 'cut' : 'asserted'} for ${inUs(width)} us.`;
      });
    });
}

/** @throws UsageError */
function checkedLine(written: string): PulsedLine {
  const line = PULSED_LINES.find((known) => known === written);
  if (line === undefined)
    throw new UsageError(`${written} cannot be pulsed; say one of ${PULSED_LINES.join(', ')}.`);
  return line;
}

/** @throws UsageError */
function checkedWidth(written: string): Duration {
  const count = Number(written);
  if (!Number.isInteger(count) || !canPulse(us(count)))
    throw new UsageError(`--us ${written} is no width; say a whole number of ${LIMITS}.`);
  return us(count);
}
