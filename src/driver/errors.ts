import type { SpiFailure, WaitStateTimeout } from '../board/index.ts';
import { StallMisjudged } from '../board/index.ts';
import type { Direction } from '../wire/index.ts';
import type { Duration } from '../units/index.ts';
import { ERRNO, showDuration, DriverError } from '../units/index.ts';

export { ERRNO, DriverError };

const hex = (value: number, digits = 4): string => `0x${value.toString(16).padStart(digits, '0')}`;

const show = (direction: Direction, register: number, size: number): string =>
  `${direction} of ${size} ${size === 1 ? 'byte' : 'bytes'} at ${hex(register)}`;

/** An access has more bytes than a frame carries, or none; nothing was sent. */
export class InvalidAccess extends DriverError {
  readonly blames = 'driver';

  constructor(direction: Direction, register: number, size: number, limit: number) {
    super(
      ERRNO.EINVAL,
      `A ${show(direction, register, size)} was refused: a frame carries 1 to ${limit} bytes.`,
    );
  }
}

/** The wait state of an access did not end within its limit. */
export class FlowControlTimeout extends DriverError {
  readonly blames = 'chip';

  constructor(
    readonly direction: Direction,
    readonly register: number,
    size: number,
    override readonly cause: WaitStateTimeout,
  ) {
    super(
      ERRNO.EBUSY,
      cause instanceof StallMisjudged
        ? `The ${show(direction, register, size)} was lost. ${cause.message}`
        : `The chip did not become ready for the ${show(direction, register, size)} after ${cause.waitBytes} wait bytes; ` +
            `${showDuration(cause.limit)} are allowed.`,
      { cause },
    );
  }
}

/** The SPI controller reported an error during an access. */
export class BusFailed extends DriverError {
  readonly blames = 'rig';

  constructor(direction: Direction, register: number, size: number, cause: SpiFailure) {
    super(-cause.errno, `The bus failed the ${show(direction, register, size)} with error ${cause.errno}.`, {
      cause,
    });
  }
}

/** The SPI controller reported an error during a wake pulse. */
export class WakeFailed extends DriverError {
  readonly blames = 'rig';

  constructor(cause: SpiFailure) {
    super(-cause.errno, `The wake pulse did not reach the chip: the bus reports error ${cause.errno}.`, {
      cause,
    });
  }
}

/** The chip did not grant locality 0, which masking its interrupts needs. */
export class InterruptsNotMasked extends DriverError {
  readonly blames = 'chip';

  constructor(cause: LocalityRefused) {
    super(ERRNO.ENODEV, 'The chip did not grant locality 0, so its interrupts could not be masked.', {
      cause,
    });
  }
}

/** The chip did not grant a requested locality within the limit. */
export class LocalityRefused extends DriverError {
  readonly blames = 'chip';

  constructor(locality: number, limit: Duration, options?: ErrorOptions) {
    super(
      ERRNO.EPERM,
      `Locality ${locality} was requested and not granted within ${showDuration(limit)}.`,
      options,
    );
  }
}

/** TPM_STS did not show the wanted bits within the limit. */
export class StatusTimeout extends DriverError {
  readonly blames = 'chip';

  constructor(
    readonly wanted: number,
    readonly seen: number,
    limit: Duration,
  ) {
    super(
      ERRNO.ETIME,
      `TPM_STS was ${hex(seen, 2)} when ${hex(wanted, 2)} had to be set within ${showDuration(limit)}.`,
    );
  }
}

/** The chip offered no room for data, or none to read, within the limit. */
export class BurstCountZero extends DriverError {
  readonly blames = 'chip';

  constructor(limit: Duration) {
    super(ERRNO.EBUSY, `burstCount stayed 0 for ${showDuration(limit)}.`);
  }
}

/** The Expect bit of TPM_STS does not fit the bytes of the command that were sent. */
export class ExpectWrong extends DriverError {
  readonly blames = 'chip';

  constructor(
    readonly sent: number,
    readonly length: number,
    readonly status: number,
  ) {
    super(
      ERRNO.EIO,
      `After ${sent} of ${length} command bytes TPM_STS was ${hex(status, 2)}: ` +
        `the expect bit has to be ${sent < length ? 'set' : 'clear'}.`,
    );
  }
}

/** TPM_ACCESS did not become valid within the limit: no TPM answers. */
export class ChipNotValid extends DriverError {
  readonly blames = 'chip';

  constructor(limit: Duration, options?: ErrorOptions) {
    super(
      ERRNO.ENODEV,
      `TPM_ACCESS did not show its valid bit within ${showDuration(limit)}: no TPM answers on this bus.`,
      options,
    );
  }
}

/** MISO keeps one level while the chip is read. */
export class MisoStuck extends DriverError {
  readonly blames = 'chip';

  constructor(level: 'high' | 'low', seen: string) {
    super(
      ERRNO.ENODEV,
      `MISO is ${level} all the time (${seen}): check that the chip has power, is out of reset, ` +
        `and that MISO and CS reach it.`,
    );
  }
}

/** TPM_DID_VID names a chip that the driver does not accept. */
export class ForeignChip extends DriverError {
  readonly blames = 'chip';

  constructor(readonly didVid: number) {
    super(
      ERRNO.ENODEV,
      `TPM_DID_VID is ${hex(didVid, 8)}, which is no chip of this driver: 0x00281ae0 is Cr50, 0x504a6666 is Ti50.`,
    );
  }
}
