import { ERRNO, StackError } from '../driver/index.ts';

const NAMES = new Map(Object.entries(ERRNO).map(([name, errno]) => [errno as number, name]));

/** The kernel refused, with its negative error number. */
export class KernelRefused extends StackError {
  constructor(what: string, errno: number) {
    super(errno, `The kernel refused to ${what}: error ${-errno}${nameOf(errno)}.`);
  }
}

const nameOf = (errno: number): string => {
  const name = NAMES.get(errno);
  return name === undefined ? '' : ` (${name})`;
};
