import type { Fault, FaultKind } from '../board/index.ts';
import { ms, us, ZERO } from '../units/index.ts';

/** Timeout A: what a driver waits for a ready pulse, and for the end of a wait state. [DRIVER 1.1] */
export const TIMEOUT_A = ms(750);

/** A fault of the line alone: a driver that loses its trust in the line goes on with delays. [DRIVER 1.4] */
const always = (): boolean => true;

/**
 * Faults that every driver has to live with: whatever it does meanwhile, no command may fail. Under any other fault one
 * may, until the host is restarted without it.
 */
const TOLERATED: { readonly [Kind in FaultKind]?: (fault: Extract<Fault, { kind: Kind }>) => boolean } = {
  'ready-open': always,
  'ready-missing': ({ frames }) => frames?.count !== undefined && frames.count <= 2,
  // Up to 150 ms were seen. [CHIP 1.4]
  'ready-late': ({ by }) => by <= ms(150),
  'ready-glitch': always,
  // A write may have 512 bytes with its wait states, which 4 ms are at 1 MHz; the chip loses a longer one. [CHIP 1.5]
  'chip-stall-time': ({ time, frames }) => time <= ms(4) && (frames?.count ?? Infinity) <= 1,
  // The shortest limit of a command that the rules know. [DRIVER 3.6]
  'chip-slow-command': ({ time }) => time <= ms(700),
  // [CHIP 2]
  'chip-wakes-in': ({ time }) => time <= us(150),
  // A device on the same bus may have it for long; a command's own limits begin when it is sent. [DRIVER 1.7]
  'bus-held': ({ time }) => time > ZERO && time <= ms(500),
};

/** Whether a driver has to go on without an error while this fault is set. */
export function isTolerated(fault: Fault): boolean {
  const judge = TOLERATED[fault.kind] as ((fault: Fault) => boolean) | undefined;
  return judge?.(fault) ?? false;
}
