import { ERRNO, DriverError } from '../driver/index.ts';

const NAMES = new Map(Object.entries(ERRNO).map(([name, errno]) => [errno as number, name]));

/** The kernel refused, with its negative error number. */
export class KernelRefused extends DriverError {
  readonly blames = 'driver';

  constructor(what: string, errno: number) {
    super(errno, `The kernel refused to ${what}: error ${-errno}${nameOf(errno)}.`);
  }
}

/** What was asked of the kernel's driver cannot be done on this host, or not now. */
export class KernelUnable extends DriverError {
  readonly blames = 'test';
}

/** The kernel did something else than it was asked to do. */
export class KernelAstray extends DriverError {
  readonly blames = 'driver';
}

const nameOf = (errno: number): string => {
  const name = NAMES.get(errno);
  return name === undefined ? '' : ` (${name})`;
};
