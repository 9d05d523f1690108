import type { Fault, FaultKind } from '../board/index.ts';
import { ms, us, ZERO } from '../units/index.ts';

/** Timeout A: the maximum that a driver waits for a ready pulse, and for the ready byte of a frame. [DRIVER 1.1] */
export const TIMEOUT_A = ms(750);

/**
 * For faults of the ready line alone: a driver that loses its trust in the line uses delays in its place.
 * [DRIVER 1.4]
 */
const always = (): boolean => true;

/**
 * Faults under which no command may fail, whatever the driver does meanwhile. Under any other fault a command may
 * fail, until the host is restarted without it.
 */
const TOLERATED: { readonly [Kind in FaultKind]?: (fault: Extract<Fault, { kind: Kind }>) => boolean } = {
  'ready-open': always,
  'ready-missing': ({ frames }) => frames?.count !== undefined && frames.count <= 2,
  // The chip has been seen 150 ms late. [CHIP 1.4]
  'ready-late': ({ by }) => by <= ms(150),
  'ready-glitch': always,
  // A write and its wait bytes have 512 bytes at most, which take 4 ms at 1 MHz. The chip loses a longer frame.
  // [CHIP 1.5]
  'chip-stall-time': ({ time, frames }) => time <= ms(4) && (frames?.count ?? Infinity) <= 1,
  // The rules have no shorter limit for a command. [DRIVER 3.6]
  'chip-slow-command': ({ time }) => time <= ms(700),
  // The chip needs 150 us at most. [CHIP 2]
  'chip-wakes-in': ({ time }) => time <= us(150),
  // Another device may hold the bus for long. The limits of a command begin when it is sent, so they do not count
  // that time. [DRIVER 1.7]
  'bus-held': ({ time }) => time > ZERO && time <= ms(500),
};

/** Whether every command has to succeed while this fault is set. */
export function isTolerated(fault: Fault): boolean {
  const judge = TOLERATED[fault.kind] as ((fault: Fault) => boolean) | undefined;
  return judge?.(fault) ?? false;
}
