import type { Trust } from './gate/access-gate.ts';
import type { LogLine } from './log/log.ts';
import type { BankDigest } from '../tpm/index.ts';
import type { Inventory } from './chip/start-up.ts';

/** How a platform sleeps: with its firmware run on the way back (S3-like), or not (suspend to idle). [DRIVER 1.12] */
export type SuspendKind = 'via-firmware' | 'to-idle';

/** What a driver did since it was made. Assertions compare differences, so nothing ever resets them. */
export interface DriverCounters {
  /** Register accesses of the phy, the failed ones included. */
  readonly accesses?: number;
  readonly wakePulses?: number;
  /** Bytes clocked in flow control, the ready bytes included. */
  readonly waitBytes?: number;
  /** Waits between accesses: ended by a ready pulse, run out, and not needed. */
  readonly readyWaits: { readonly hit?: number; readonly timeout: number; readonly skipped?: number };
  readonly commands: number;
  /** Failed accesses and commands by error number (negative). */
  readonly errors: ReadonlyMap<number, number>;
}

/**
 * The whole way from a TPM command to the wire. One face for our own driver over a board's parts and for the
 * Linux kernel's own driver; both log the same phrases. Methods fail with a DriverError that carries the kernel's
 * negative error number. [DRIVER 2.9]
 */
export interface HostDriver {
  /** Name of the profile, or of the kernel whose driver it is. */
  readonly name: string;
  readonly counters: DriverCounters;
  /** Everything logged since the driver was made. */
  readonly log: readonly LogLine[];
  readonly isProbed: boolean;

  /** Binds the driver: reads the identity, starts the TPM up, registers it. */
  probe(): Promise<void>;
  /** Unbinds the driver: shuts the TPM down and gives everything back. */
  remove(): Promise<void>;
  /** Sends one whole command and returns the whole response, whatever its response code. */
  transmit(command: Uint8Array): Promise<Uint8Array>;
  /** The text of FW_VER as the driver reported it at probe. */
  firmwareVersion(): Promise<string>;
  suspend(kind: SuspendKind): Promise<void>;
  resume(): Promise<void>;

  /** How far the ready interrupt is trusted, as far as the driver lets it be known. */
  readonly trust: Trust;
  /** PCR banks as read at probe. */
  readonly inventory: Pick<Inventory, 'banks'>;
  /** Up to `count` random bytes, 1 to 128. */
  random(count: number): Promise<Uint8Array>;
  pcrRead(index: number, hash: number): Promise<Uint8Array>;
  /** One digest for each allocated bank, in bank order. */
  pcrExtend(index: number, digests: readonly BankDigest[]): Promise<void>;
}
