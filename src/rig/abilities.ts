import type { Board, Capability, Fault } from '../board/index.ts';
import type { Rig } from './load-rig.ts';

/** What a host and the rest of a rig may be able to do, beside the board's capabilities. */
export type HostAbility =
  | 'own-driver' // the driver is ours, with all that is below its commands
  | 'tick-rate' // the host's tick rate can be chosen
  | 'interrupt-switch' // INT_AP_L can be kept from the driver
  | 'wire-view' // what the driver puts on the wires can be seen
  | 'suspend' // the host can sleep, and somebody wakes it
  | 'prompt-host' // frames are clocked when they are due
  | 'weeks-at-rest' // weeks of virtual time pass at once
  | 'threadirqs' // the kernel serves interrupts in threads wherever it may
  | 'tpm2-tools'; // tpm2-tools are there, and a TPM that knows their commands

/** Whatever a test may need of a rig. */
export type Ability = Capability | HostAbility;

/**
 * What a rig can do, by the names of what a test may need: the board's capabilities, what is there only where the driver is
 * ours or a kernel offers it, and what the rig file gives to a guest.
 */
export function abilitiesOf({ board: described }: Rig, board: Board): readonly Ability[] {
  const { capabilities, kernel, clock, facts } = board;
  const isOurs = kernel === undefined;
  const held: Readonly<Record<HostAbility, boolean>> = {
    'own-driver': isOurs,
    'tick-rate': isOurs,
    'interrupt-switch': isOurs || kernel.setInterrupt !== undefined,
    'wire-view': isOurs || board.observeWires !== undefined,
    suspend: isOurs || kernel.suspended !== undefined,
    'prompt-host': clock.slack === undefined,
    // A controller wants a word every few seconds, also of virtual time.
    'weeks-at-rest': !facts.hasController,
    ...(described.kind === 'virtual-lab' ? ofGuest(described) : ofGuest({})),
  };
  return [...capabilities, ...(Object.keys(held) as HostAbility[]).filter((ability) => held[ability])];
}

const ofGuest = ({
  kernelArguments = '',
  programs = [],
}: {
  readonly kernelArguments?: string | undefined;
  readonly programs?: readonly string[] | undefined;
}): Readonly<Record<'threadirqs' | 'tpm2-tools', boolean>> => ({
  threadirqs: kernelArguments.split(' ').includes('threadirqs'),
  'tpm2-tools': programs.includes('tpm2'),
});

/** Whether a board can inject a fault, with its numbers; asked also when the board is closed. */
export const injectorOf =
  ({ faults }: Board): ((fault: { readonly kind: string }) => boolean) =>
  (fault) =>
    faults?.can(fault as Fault) === true;
