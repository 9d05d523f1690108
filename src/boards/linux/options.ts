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
  /**
   * Whether the controller keeps CS from message to message. When undefined, it is found out when the board is
   * opened.
   */
  readonly keepsCs?: boolean | undefined;
  /**
   * How the host reaches spidev. When undefined: by system calls where koffi is installed, else through the package,
   * which is slower.
   */
  readonly through?: SpiAccess | undefined;
  /**
   * How a wake pulse is made on this controller. When undefined, by an empty transfer, unless that is found not to
   * work.
   */
  readonly wakePulse?: WakePulse | undefined;
}

/** A transfer of no bytes, or of one: some controllers hang on an empty one, or do not move CS for it. */
export type WakePulse = 'empty' | 'byte';

/** What a rig file says of a real board. */
export interface LinuxBoardOptions {
  readonly spi: SpiOptions;
  /** Slack of this host on top of every maximum for its driver's times; nothing when undefined. */
  readonly slack?: Duration | undefined;
  /**
   * How the host reaches GPIO. When undefined: by the character device where the kernel has it, else through onoff.
   */
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
