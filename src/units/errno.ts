import { HilError } from './error.ts';

/** Error numbers of the drivers, as the kernel returns them. [DRIVER 2.9] */
export const ERRNO = {
  EPERM: -1,
  EIO: -5,
  E2BIG: -7,
  EAGAIN: -11,
  EFAULT: -14,
  EBUSY: -16,
  ENODEV: -19,
  EINVAL: -22,
  EPIPE: -32,
  ENODATA: -61,
  ETIME: -62,
  ECANCELED: -125,
  EPROBE_DEFER: -517,
} as const;

/** A failure of a driver, with the error number the kernel would return for it. */
export abstract class DriverError extends HilError {
  constructor(
    readonly errno: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
