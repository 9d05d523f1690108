import { ERRNO, DriverError } from '../errors.ts';
import type { Duration } from '../../units/index.ts';
import { showDuration } from '../../units/index.ts';

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** The command itself cannot be sent. */
export class MalformedCommand extends DriverError {
  readonly blames = 'driver';
}

/** The chip did not answer a command within its limit; the driver aborted it. */
export class CommandTimeout extends DriverError {
  readonly blames = 'chip';

  constructor(
    readonly code: number,
    limit: Duration,
  ) {
    super(ERRNO.ETIME, `Command ${hex(code)} had no response after ${showDuration(limit)} and was aborted.`);
  }
}

/** The chip went back to ready during a command: it was cancelled. */
export class CommandCancelled extends DriverError {
  readonly blames = 'chip';

  constructor(readonly code: number) {
    super(ERRNO.ECANCELED, `Command ${hex(code)} was cancelled: the chip is ready for another one.`);
  }
}

/** The chip is suspended, removed or not probed, or it did not grant its locality. */
export class ChipNotAvailable extends DriverError {
  readonly blames = 'driver';
}

/** A command was given to a suspended driver, which sent nothing. */
export class TransmitBlocked extends DriverError {
  readonly blames = 'driver';

  constructor() {
    super(ERRNO.EAGAIN, 'The command was not sent: the chip is suspended. Resume it first.');
  }
}

/** The TPM itself refused a command that the driver needs. */
export class TpmRefused extends DriverError {
  readonly blames = 'chip';

  constructor(
    errno: number,
    readonly responseCode: number,
    what: string,
  ) {
    super(errno, `The TPM answered ${hex(responseCode)} when ${what}.`);
  }
}

/** The probe has to be repeated later: the interrupt is not there yet. */
export class ProbeFailed extends DriverError {
  readonly blames = 'driver';
}

/** The caller asked for something that the driver cannot do; nothing was sent. */
export class InvalidRequest extends DriverError {
  readonly blames = 'driver';

  constructor(message: string) {
    super(ERRNO.EINVAL, message);
  }
}
