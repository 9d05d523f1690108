import { UsageError } from '../../units/index.ts';

/** What a file says about itself, as far as it can be shown to a person: no control characters, and not for ever. */
export const printable = (text: string): string => {
  const clean = text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?');
  return clean.length > 200 ? `${clean.slice(0, 199)}…` : clean;
};

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
