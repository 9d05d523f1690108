import type { Duration } from '../../units/index.ts';
import { inUs, showDuration, us } from '../../units/index.ts';

/** Lines that the controller can pulse, and what its commands call them. [docs/rig-controller.md] */
const NAMES = { supply: 'POW', TPM_RST_L: 'RES', CS_L: 'CS', INT_AP_L: 'INT' } as const;
export type PulsedLine = keyof typeof NAMES;
export const PULSED_LINES = Object.keys(NAMES) as readonly PulsedLine[];

/** Minimum and maximum width of a pulse of the controller. [docs/rig-controller.md] */
export const MIN_PULSE = us(20);
export const MAX_PULSE = us(100_000_000);

/** Whether the controller can make a pulse of this width: within its limits, and in whole microseconds. */
export const canPulse = (width: Duration): boolean =>
  width >= MIN_PULSE && width <= MAX_PULSE && Number.isInteger(inUs(width));

/** The command for one pulse. @throws RangeError for a width that the controller cannot make */
export function pulseCommand(line: PulsedLine, width: Duration): string {
  if (!canPulse(width))
    throw new RangeError(
      `${line} cannot be pulsed for ${showDuration(width)}: the rig controller makes pulses of ${showDuration(MIN_PULSE)} to ${showDuration(MAX_PULSE)}, in whole microseconds.`,
    );
  return `PULS:${NAMES[line]} ${inUs(width)}`;
}
