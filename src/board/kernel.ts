import type { Instant } from '../units/index.ts';

/**
 * Files of a Linux host, by single system calls, wherever it is. Results are what the call returned; a negative one is
 * an error number.
 */
export interface HostFiles {
  /** `flags` as of open(2). @returns a file descriptor */
  open(path: string, flags: number): Promise<number>;
  close(descriptor: number): Promise<number>;
  /** At most `size` bytes, or a negative error number. */
  read(descriptor: number, size: number): Promise<Uint8Array | number>;
  /** The same at a place of the file, as pread(2) does. */
  readAt(descriptor: number, size: number, offset: number): Promise<Uint8Array | number>;
  write(descriptor: number, bytes: Uint8Array): Promise<number>;
  /** Waits for events of poll(2) at most `limitMs`. @returns the events that are there; 0 when none came */
  poll(descriptor: number, events: number, limitMs: number): Promise<number>;
  /** Passes over what a file has now, as lseek(2) does; undefined where it has to be read. */
  toEnd?(descriptor: number): Promise<number>;
  /** Names in a folder, or a negative error number. */
  list(path: string): Promise<readonly string[] | number>;
  /** Runs a program to its end. */
  run(command: readonly string[]): Promise<{ readonly status: number; readonly output: string }>;
}

/** A kernel whose own driver drives the chip, and what a host can do with that kernel. */
export interface KernelSeat {
  /** What the kernel runs on, in the versions that its times depend on; undefined where they depend on much else. */
  readonly description?: string | undefined;
  readonly files: HostFiles;
  /** Name of the SPI device, such as `spi0.0`. */
  readonly device: string;
  /** Name of the kernel's driver for it, such as `tpm_tis_spi`. */
  readonly driver: string;
  /** Turns a stamp of the kernel log, in ns, into a moment on the board's clock; undefined where nobody can. */
  readonly logTime?: ((stampNs: number) => Instant) | undefined;
  /** Takes the device from user space; called before the driver is bound. Undefined where user space never has it. */
  readonly claim?: (() => Promise<void>) | undefined;
  /**
   * Sends the kernel to sleep by what is written to /sys/power/state, and resolves when it is back, with what the
   * write returned. Undefined where that file
   * does it alone, since somebody outside wakes the kernel.
   */
  readonly enter?: ((state: string) => Promise<number>) | undefined;
  /** What /sys/power/mem_sleep offers; undefined where it is not known before. */
  readonly memSleeps?: readonly string[] | undefined;
  /** Brings a suspended kernel back; undefined when nobody outside it can. */
  readonly wake?: (() => Promise<void>) | undefined;
  /** Resolves when the kernel is suspended, its devices last. */
  readonly suspended?: (() => Promise<void>) | undefined;
  /** Gives the device its interrupt, or takes it away; the driver must be unbound. */
  readonly setInterrupt?: ((isConnected: boolean) => Promise<void>) | undefined;
  /**
   * Makes the kernel fill its random pool from another source, so that it sends the chip no commands in the background; or
   * from the chip again.
   */
  readonly fillPoolElsewhere?: ((isElsewhere: boolean) => Promise<void>) | undefined;
}
