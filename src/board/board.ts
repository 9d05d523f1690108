import type { Clock } from './clock.ts';
import type { DeviceControls } from './device-controls.ts';
import type { FaultPanel } from './faults.ts';
import type { KernelSeat } from './kernel.ts';
import type { DriveLine, EdgeSource } from './lines.ts';
import type { PowerSwitch } from './power.ts';
import type { BusLock, SpiDevice, WireObserver } from './spi.ts';

/**
 * What a board may be able to do. What it cannot do is missing from `Board.capabilities`; a test that needs it is
 * skipped with the capability's name.
 */
export const CAPABILITIES = [
  'power', // the chip's supply can be switched
  'reset', // TPM_RST_L can be driven
  'ready-line', // INT_AP_L reaches the host
  'edge-timing', // edges are stamped to 10 us or better
  'faults', // some faults can be injected; which ones, the fault panel says
  'virtual-time', // time is simulated, so that long waits cost nothing
  'second-device', // another device shares the bus
  'chip-view', // the chip can be asked what it saw
  'kernel', // the driver is the one of a Linux kernel
  'device-reset', // the whole device that the chip is in can be reset
  'device-power', // its supply can be switched
  'device-lid', // its lid can be closed and opened, or it is made to believe so
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** What only a simulated chip can tell: its own account of what reached it. */
export interface ChipView {
  /** The chip's own description of itself, for a report. */
  readonly description: string;
  readonly isAsleep: boolean;
  /** Frames that carried data, empty CS assertions, and frames that came while the chip could not listen. */
  readonly counters: {
    readonly frames: number;
    readonly emptySelects: number;
    readonly lostFrames: number;
    readonly mergedFrames: number;
    readonly readyPulses: number;
    readonly resets: number;
    readonly sleeps: number;
    readonly commands: number;
  };
}

/** Facts about a board, for reports and for code that chooses by them. */
export interface BoardFacts {
  /** The chip is the simulated one: what it answers is what we assumed, not what was measured. */
  readonly isSimulated: boolean;
  /** A rig controller stands beside the board. */
  readonly hasController: boolean;
  /** The chip's host is a machine of its own, reached over a network: its firmware starts the chip, and nobody here has the bus. */
  readonly isRemote?: true;
}

/** `simulated`, or `real, with a rig controller`. */
export function showBoard({ facts, kernel }: Pick<Board, 'facts' | 'kernel'>): string {
  const { isSimulated, hasController, isRemote } = facts;
  return [
    isSimulated ? 'simulated' : 'real',
    ...(isRemote === true ? ['in a device reached over ssh'] : []),
    ...(kernel === undefined ? [] : ['with the kernel driver']),
    ...(hasController ? ['with a rig controller'] : []),
  ].join(', ');
}

/**
 * A bag of parts. Drivers take the parts they use and cannot tell a simulated board from a real one. A part that the
 * board does not have is undefined, and its capability is missing.
 */
export interface Board {
  readonly facts: BoardFacts;
  readonly capabilities: ReadonlySet<Capability>;
  readonly clock: Clock;
  readonly spi: SpiDevice;
  readonly bus: BusLock;
  /** INT_AP_L: asserted while the chip holds it low. */
  readonly ready?: EdgeSource | undefined;
  /** TPM_RST_L: asserted while the chip's TPM is held in reset. */
  readonly reset?: DriveLine | undefined;
  readonly power?: PowerSwitch | undefined;
  readonly faults?: FaultPanel | undefined;
  readonly chip?: ChipView | undefined;
  /** The Linux kernel that drives the chip, when the driver under test is its own. */
  readonly kernel?: KernelSeat | undefined;
  /** What instruments can do with the whole device that the chip is in. */
  readonly device?: DeviceControls | undefined;
  /**
   * Tells `observer` what another host than `spi` puts on the chip's wires, until the returned function is called.
   */
  observeWires?(observer: WireObserver): () => void;
  /** Another device on the same bus, with its own chip select. */
  readonly secondDevice?: SpiDevice | undefined;

  /** Leaves the board safe and gives everything back. Tries every part, then throws the first failure. */
  close(): Promise<void>;
}
