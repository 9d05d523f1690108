import type { Duration, Hertz } from '../units/index.ts';

/** Which frames a fault touches, counted from the moment it was set; every one when absent. */
export interface FrameRange {
  /** First frame, counted from 0. */
  readonly from?: number | undefined;
  /** How many frames; without it all that follow. */
  readonly count?: number | undefined;
}

/** A wire between host and chip, INT_AP_L aside: its faults are the `ready-*` ones. `supply` is the chip's. */
export type FaultyLine = 'CS_L' | 'SCK' | 'MOSI' | 'MISO' | 'TPM_RST_L' | 'supply';

/** A moment: just before this byte of this frame, both counted from 0, frames from the moment the fault was set. */
export interface FrameMoment {
  readonly frame: number;
  readonly byte: number;
}

/**
 * Everything that can be made to go wrong, as data: one list for simulated and real boards. `ready-*` faults lie on
 * INT_AP_L between chip and host, `line-*` faults on any wire, `chip-*` faults inside the chip.
 */
export type Fault =
  /** The host's request for INT_AP_L fails with this error number (16 in use, 517 not ready yet). */
  | { readonly kind: 'ready-request-fails'; readonly errno: number }
  /** INT_AP_L reads as held at one level, whatever the chip drives. */
  | { readonly kind: 'ready-stuck'; readonly level: 'high' | 'low' }
  /** INT_AP_L is not connected: no edge arrives. */
  | { readonly kind: 'ready-open' }
  /** Pulses arrive later by this much. */
  | { readonly kind: 'ready-late'; readonly by: Duration; readonly frames?: FrameRange }
  /** Pulses have this width; the host sees none that is shorter than `hostNeeds`. */
  | {
      readonly kind: 'ready-width';
      readonly width: Duration;
      readonly hostNeeds: Duration;
      readonly frames?: FrameRange;
    }
  /** Pulses are left out. */
  | { readonly kind: 'ready-missing'; readonly frames?: FrameRange }
  /** Each pulse comes twice, the second this much after the first. */
  | { readonly kind: 'ready-doubled'; readonly gap: Duration; readonly frames?: FrameRange }
  /** The host sees INT_AP_L inverted. */
  | { readonly kind: 'ready-inverted' }
  /** Extra edges on INT_AP_L at this mean rate, drawn from the seed. */
  | { readonly kind: 'ready-noise'; readonly rate: Hertz }
  /** One extra pulse right now. */
  | { readonly kind: 'ready-glitch' }
  /** The chip adds wait bytes; without a number it stalls for ever. */
  | { readonly kind: 'chip-stall'; readonly waitBytes?: number; readonly frames?: FrameRange }
  /** The chip ends its wait state only when this much time has passed since the header. */
  | { readonly kind: 'chip-stall-time'; readonly time: Duration; readonly frames?: FrameRange }
  /** The chip says ready in the last header byte although it is not. */
  | { readonly kind: 'chip-early-ready'; readonly frames?: FrameRange }
  /** The chip is busy inside for this long after each frame; a header that comes earlier is lost. */
  | { readonly kind: 'chip-busy'; readonly time: Duration; readonly frames?: FrameRange }
  /** The chip falls asleep this long after the last frame. */
  | { readonly kind: 'chip-sleeps-after'; readonly time: Duration }
  /** The chip needs this long after a waking CS edge until it listens. */
  | { readonly kind: 'chip-wakes-in'; readonly time: Duration }
  /** Commands take at least this long to execute. */
  | { readonly kind: 'chip-slow-command'; readonly time: Duration; readonly commands?: FrameRange }
  /** The TPM is left out: every answer has this many bytes, a header that says success and then 10, 11, 12 and so on. */
  | { readonly kind: 'chip-long-response'; readonly size: number; readonly commands?: FrameRange }
  /** The wire is held at one level, whatever host or chip drive on it. */
  | { readonly kind: 'line-stuck'; readonly line: FaultyLine; readonly level: 'high' | 'low' }
  /**
   * The wire is not connected. Nobody drives an open MOSI or MISO: its bits are chance. The board pulls an open CS_L
   * high and an open SCK and TPM_RST_L low; without its supply the chip is off.
   */
  | { readonly kind: 'line-open'; readonly line: FaultyLine }
  /**
   * Disturbances at this mean rate, drawn from the seed: a flipped bit on MOSI and MISO, a clock too many on SCK, a
   * glitch on CS_L and TPM_RST_L, a brown-out on the supply.
   */
  | { readonly kind: 'line-noisy'; readonly line: FaultyLine; readonly rate: Hertz }
  /** The wire breaks at this moment, and is open from then on. */
  | ({ readonly kind: 'line-cut'; readonly line: FaultyLine | 'INT_AP_L' } & FrameMoment)
  /** TPM_RST_L is asserted at this moment, for `width`. */
  | ({ readonly kind: 'reset-at'; readonly width: Duration } & FrameMoment)
  /** The supply goes at this moment, for `width`; without it for good. */
  | ({ readonly kind: 'power-cut-at'; readonly width?: Duration } & FrameMoment)
  /** The supply sags right now, for `width`, deep enough that the chip restarts. */
  | { readonly kind: 'brown-out'; readonly width: Duration }
  /** Another device drives `drives` on MISO while the H1 is selected: what is received is what both leave high. */
  | { readonly kind: 'miso-shared'; readonly drives: number; readonly frames?: FrameRange }
  /** The other device's driver holds the bus from now on, for `time`. */
  | { readonly kind: 'bus-held'; readonly time: Duration }
  /** CS glitches: asserted this long, without a clock, right now. */
  | { readonly kind: 'cs-glitch'; readonly width: Duration }
  /** CS rises for a moment between header and wait bytes: a controller that cannot keep CS. */
  | { readonly kind: 'cs-not-kept'; readonly frames?: FrameRange }
  /** One bit of one byte is flipped, a received one unless the line says MOSI. `byte` counts from 0 in the frame. */
  | {
      readonly kind: 'bit-error';
      readonly line?: 'MOSI' | 'MISO';
      readonly byte: number;
      readonly bit: number;
      readonly frames?: FrameRange;
    }
  /** The bus itself reports an error instead of running the transaction. */
  | { readonly kind: 'bus-error'; readonly errno: number; readonly frames?: FrameRange }
  /** A CS-only transaction does not reach the wire. */
  | { readonly kind: 'wake-pulse-lost'; readonly frames?: FrameRange };

/** The name of a kind of fault. */
export type FaultKind = Fault['kind'];

/**
 * Faults that happen once, at the moment when they are set. Nothing remains to be cleared, and no rig file can start
 * with one.
 */
export type MomentaryFaultKind = 'ready-glitch' | 'brown-out' | 'bus-held' | 'cs-glitch';
/** Faults that last until they are cleared, or that wait for their frame. */
export type LastingFaultKind = Exclude<FaultKind, MomentaryFaultKind>;

/** One entry for each kind, so that the compiler reports a kind that is missing and an entry that is no kind. */
const EVERY_KIND: Readonly<Record<FaultKind, true>> = {
  'ready-request-fails': true,
  'ready-stuck': true,
  'ready-open': true,
  'ready-late': true,
  'ready-width': true,
  'ready-missing': true,
  'ready-doubled': true,
  'ready-inverted': true,
  'ready-noise': true,
  'ready-glitch': true,
  'chip-stall': true,
  'chip-stall-time': true,
  'chip-early-ready': true,
  'chip-busy': true,
  'chip-sleeps-after': true,
  'chip-wakes-in': true,
  'chip-slow-command': true,
  'chip-long-response': true,
  'line-stuck': true,
  'line-open': true,
  'line-noisy': true,
  'line-cut': true,
  'reset-at': true,
  'power-cut-at': true,
  'brown-out': true,
  'miso-shared': true,
  'bus-held': true,
  'cs-glitch': true,
  'cs-not-kept': true,
  'bit-error': true,
  'bus-error': true,
  'wake-pulse-lost': true,
};

/** Every kind of fault, in the order of `Fault`. */
export const FAULT_KINDS = Object.keys(EVERY_KIND) as readonly FaultKind[];

/** The place where faults are set. All are off until set, and off again after `clear`. */
export interface FaultPanel {
  /** Kinds of which at least some can be injected. */
  readonly kinds: ReadonlySet<FaultKind>;
  /** What is set now, for a report. */
  readonly active: readonly Fault[];
  /** Whether this very fault can be injected: a rig may have a switch in one line and none in another. */
  can(fault: Fault): boolean;
  /** @throws RangeError when the board cannot inject it. */
  set(fault: Fault): Promise<void>;
  clear(): Promise<void>;
}
