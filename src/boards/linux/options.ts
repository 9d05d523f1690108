import type { Duration } from '../../units/index.ts';

/** A GPIO line: by its chip's label and its offset there, by its own name, or by its global number. */
export type LineOptions = (
  { readonly chip: string; readonly offset: number } | { readonly name: string } | { readonly gpio: number }
) & {
  /** Asserted is high; without it low, as the L of the net's name says. */
  readonly activeHigh?: boolean | undefined;
};

/** How the host reaches its GPIO lines: the GPIO character device, or sysfs through the package onoff. */
export type GpioKind = 'cdev' | 'onoff';

/** How the host reaches spidev: by its system calls, or through the package spi-device. */
export type SpiAccess = 'ioctl' | 'spi-device';

/** The SPI device of a Linux host, as a rig file describes it. */
export interface SpiOptions {
  readonly device: string;
  readonly sckHz: number;
  /** The controller keeps CS from message to message; looked for when the board is opened unless told. */
  readonly keepsCs?: boolean | undefined;
  /** What the host has unless told: the system calls by koffi before the package, which costs more. */
  readonly through?: SpiAccess | undefined;
  /** What a wake pulse is on this controller; an empty transfer unless told, or found out. */
  readonly wakePulse?: WakePulse | undefined;
}

/** A transfer of no bytes, or of one: some controllers hang on an empty one, or do not move CS for it. */
export type WakePulse = 'empty' | 'byte';

/** What a rig file says of a real board. */
export interface LinuxBoardOptions {
  readonly spi: SpiOptions;
  /** What this host may take for itself on top of an upper limit of its driver's times; nothing unless told. */
  readonly slack?: Duration | undefined;
  /** What the host has unless told: the character device before onoff. */
  readonly gpio?: GpioKind | undefined;
  readonly lines: {
    readonly ready?: ReadyLineOptions | undefined;
    readonly reset?: LineOptions | undefined;
    readonly power?: LineOptions | undefined;
    /** Drives CS_L in the place of the SPI controller. */
    readonly cs?: LineOptions | undefined;
  };
}

/** INT_AP_L at a Linux host. */
export type ReadyLineOptions = LineOptions & {
  /** How late a stamp of this host may be, as its owner has measured it. Not for onoff, whose stamps have no bound. */
  readonly stampsWithin?: Duration | undefined;
};
