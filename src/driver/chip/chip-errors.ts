import { ERRNO, StackError } from '../errors.ts';
import type { Duration } from '../../units/index.ts';
import { showDuration } from '../../units/index.ts';

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** The command itself cannot be sent. */
export class MalformedCommand extends StackError {
  readonly blames = 'driver';
}

export class CommandTimeout extends StackError {
  readonly blames = 'chip';

  constructor(
    readonly code: number,
    limit: Duration,
  ) {
    super(ERRNO.ETIME, `Command ${hex(code)} had no response after ${showDuration(limit)} and was aborted.`);
  }
}

export class CommandCancelled extends StackError {
  readonly blames = 'chip';

  constructor(readonly code: number) {
    super(ERRNO.ECANCELED, `Command ${hex(code)} was cancelled: the chip is ready for another one.`);
  }
}

/** The chip is suspended, removed or not probed, or its locality could not be had. */
export class ChipNotAvailable extends StackError {
  readonly blames = 'driver';
}

export class TransmitBlocked extends StackError {
  readonly blames = 'driver';

  constructor() {
    super(ERRNO.EAGAIN, 'The command was not sent: the chip is suspended. Resume it first.');
  }
}

/** The TPM itself refused a command that the driver needs. */
export class TpmRefused extends StackError {
  readonly blames = 'chip';

  constructor(
    errno: number,
    readonly responseCode: number,
    what: string,
  ) {
    super(errno, `The TPM answered ${hex(responseCode)} when ${what}.`);
  }
}

export class ProbeFailed extends StackError {
  readonly blames = 'driver';
}

export class InvalidRequest extends StackError {
  readonly blames = 'driver';

  constructor(message: string) {
    super(ERRNO.EINVAL, message);
  }
}
