/** One part of a message to spidev, as the package `spi-device` has it. */
export interface Transfer {
  readonly byteLength: number;
  readonly sendBuffer?: Buffer;
  readonly receiveBuffer?: Buffer;
  readonly microSecondDelay?: number | undefined;
  /** On the last transfer of a message: CS stays asserted after it. */
  readonly chipSelectChange?: boolean;
}

/** An open spidev. Calls run to their end and throw errors with a positive `errno`. */
export interface SpiHandle {
  transferSync(message: Transfer[]): unknown;
  closeSync(): unknown;
}
