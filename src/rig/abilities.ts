import type { Board, Fault } from '../board/index.ts';
import type { Rig } from './load-rig.ts';

/**
 * What a rig can do, by the names of what a test may need: the board's capabilities, what is there only where the driver is
 * ours or a kernel offers it, and what the rig file gives to a guest.
 */
export function abilitiesOf({ board: described }: Rig, board: Board): readonly string[] {
  const { capabilities, kernel, clock } = board;
  const isOurs = kernel === undefined;
  return [
    ...capabilities,
    ...(isOurs ? ['own-driver', 'tick-rate'] : []),
    ...(isOurs || kernel.setInterrupt !== undefined ? ['interrupt-switch'] : []),
    ...(isOurs || board.observeWires !== undefined ? ['wire-view'] : []),
    ...(isOurs || kernel.suspended !== undefined ? ['suspend'] : []),
    ...(clock.slack === undefined ? ['prompt-host'] : []),
    ...(described.kind === 'virtual-lab' ? ofGuest(described) : []),
  ];
}

const ofGuest = ({
  kernelArguments = '',
  programs = [],
}: {
  readonly kernelArguments?: string | undefined;
  readonly programs?: readonly string[] | undefined;
}): string[] => [
  ...(kernelArguments.split(' ').includes('threadirqs') ? ['threadirqs'] : []),
  ...(programs.includes('tpm2') ? ['tpm2-tools'] : []),
];

/** Whether a board can inject a fault, with its numbers; asked also when the board is closed. */
export const injectorOf =
  ({ faults }: Board): ((fault: { readonly kind: string }) => boolean) =>
  (fault) =>
    faults?.can(fault as Fault) === true;
