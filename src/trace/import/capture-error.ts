import { UsageError } from '../../units/index.ts';

/** A capture file cannot be read; the message says where and why. */
export class CaptureError extends UsageError {
  constructor(
    readonly format: string,
    /** Byte of the file, or of the part of it that the message names. */
    readonly offset: number,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${format}, byte ${offset}: ${problem}`, options);
  }
}
