import { ERRNO, DriverError } from '../units/index.ts';

/**
 * A response cannot be read: it is shorter than its header says, states more than it holds, or does not answer its command.
 * The layer that found it says what it saw; a cause is what the layer below found.
 */
export class ResponseMalformed extends DriverError {
  readonly blames = 'chip';

  /** @param options errno -14 (EFAULT) unless told. */
  constructor(message: string, { errno = ERRNO.EFAULT, cause }: { errno?: number; cause?: unknown } = {}) {
    super(errno, message, { cause });
  }
}
