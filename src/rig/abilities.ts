import type { Board } from '../board/index.ts';

/**
 * What a rig can do, by the names with which a test that lacks it is skipped: the board's capabilities, and what is
 * there only where the driver is ours, or a kernel offers it. Whether a fault can be set depends on all of it: the board's
 * own panel says so when it is asked.
 */
export function abilitiesOf(board: Board): readonly string[] {
  const { capabilities, kernel, clock } = board;
  const isOurs = kernel === undefined;
  return [
    ...capabilities,
    ...(isOurs ? ['own-driver', 'tick-rate'] : []),
    ...(isOurs || kernel.setInterrupt !== undefined ? ['interrupt-switch'] : []),
    ...(isOurs || board.observeWires !== undefined ? ['wire-view'] : []),
    ...(isOurs || kernel.suspended !== undefined ? ['suspend'] : []),
    ...(clock.slack === undefined ? ['prompt-host'] : []),
  ];
}
