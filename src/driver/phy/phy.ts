import type { Work } from '../work.ts';

/**
 * Register access, whatever bus carries it. Data bytes of multi-byte values are little-endian on the wire.
 * Methods fail with a DriverError; a failed read leaves what it reads into alone. [DRIVER 1.8]
 */
export interface Phy {
  /** How many bytes one access can carry. */
  readonly maxTransfer: number;
  /** Reads `size` bytes of `register` into `into` from index `at`; without the two it fills `into`. */
  read(register: number, into: Uint8Array, at?: number, size?: number): Work<void>;
  /** As `read`, for bytes that the chip sends again when asked. A faster way may lose them, and then fails. */
  readRepeatable(register: number, into: Uint8Array, at: number, size: number): Work<void>;
  write(register: number, bytes: Uint8Array, at?: number, size?: number): Work<void>;
  read8(register: number): Work<number>;
  read16(register: number): Work<number>;
  read32(register: number): Work<number>;
  write8(register: number, value: number): Work<void>;
  write32(register: number, value: number): Work<void>;
}
