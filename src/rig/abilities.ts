import type { Board, Capability, Fault } from '../board/index.ts';
import { isFirmwareFrom } from '../units/index.ts';
import type { Rig } from './load-rig.ts';

/** What a host and the rest of a rig may be able to do, beside the board's capabilities. */
export type HostAbility =
  | 'own-driver' // the driver is ours, with all that is below its commands
  | 'tick-rate' // the host's tick rate can be chosen
  | 'interrupt-switch' // INT_AP_L can be kept from the driver
  | 'bus' // a program of ours can clock the chip's bus
  | 'wire-view' // what the driver puts on the wires can be seen
  | 'suspend-to-ram' // the host has that sleep too
  | 'suspend' // the host can sleep, and somebody wakes it
  | 'bus-lock' // somebody else can hold the bus while the driver wants it
  | 'awake-caller' // a caller of the driver runs on while the host suspends
  | 'prompt-host' // frames are clocked when they are due
  | 'weeks-at-rest' // weeks of virtual time pass at once
  | 'tpm-clock' // the TPM's clock goes by the board's clock
  | 'threadirqs' // the kernel serves interrupts in threads wherever it may
  | 'tpm2-tools'; // tpm2-tools are there, and a TPM that knows their commands

/** What the chip's firmware may have. A real chip tells while a test runs; the file of a simulated one says its version. */
export type FirmwareAbility =
  | 'long-pulses' // TPM_BOARD_CFG can make the ready pulses long
  | 'clean-abort' // a response that is given up leaves nothing of it in TPM_STS
  | 'command'; // every TPM command that a suite sends

/** Whatever a test may need of a rig. */
export type Ability = Capability | HostAbility | FirmwareAbility;

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
    bus: facts.isRemote !== true,
    'wire-view': isOurs || board.observeWires !== undefined,
    'suspend-to-ram': isOurs || kernel.memSleeps?.includes('deep') !== false,
    suspend: isOurs || kernel.suspended !== undefined,
    'bus-lock': isOurs,
    'awake-caller': isOurs,
    'prompt-host': clock.slack === undefined,
    // A controller has to hear from its host every few seconds, of virtual time as well.
    'weeks-at-rest': !facts.hasController,
    'tpm-clock': !('engine' in described && described.engine === 'swtpm'),
    ...(described.kind === 'virtual-lab' ? ofGuest(described) : ofGuest({})),
  };
  const isHeld = { ...held, ...ofFirmware(described) };
  return [
    ...capabilities,
    ...(Object.keys(isHeld) as (keyof typeof isHeld)[]).filter((name) => isHeld[name]),
  ];
}

/** The version of a simulated chip whose rig file says none. */
const USUAL_FIRMWARE = '0.5.4';

/** The chip is no simulated one, and no program. */
export const isReal = (
  described: Rig['board'],
): described is Extract<Rig['board'], { kind: 'linux' | 'remote' }> =>
  described.kind === 'linux' || described.kind === 'remote';

/** The version of the firmware, where it is known: of a simulated chip, and of a program whose rig file says it. */
export function firmwareOf(described: Rig['board']): string | undefined {
  const usual = described.kind === 'sim' || described.kind === 'virtual-lab' ? USUAL_FIRMWARE : undefined;
  return isReal(described) ? undefined : (described.firmware ?? usual);
}

function ofFirmware(described: Rig['board']): Readonly<Record<FirmwareAbility, boolean>> {
  const firmware = firmwareOf(described) ?? '0.0.0';
  return {
    // [CHIP 4.6]
    'long-pulses': isFirmwareFrom(firmware, [0, 5, 5]),
    // [CHIP 7]
    'clean-abort': isFirmwareFrom(firmware, [0, 3, 19]),
    // The sources give the command set of this release. Of later releases they say that some commands are gone.
    command: firmware === USUAL_FIRMWARE,
  };
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
