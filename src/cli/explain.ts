import { HilError, printableLines } from '../units/index.ts';

/** Error codes of the operating system for something that this machine lacks, each as a sentence. */
const OF_THE_MACHINE: Readonly<Record<string, string>> = {
  ENOSPC: 'No space left',
  EDQUOT: 'The quota of this user is used up',
  EMFILE: 'Too many files are open in this process: raise ulimit -n',
  ENFILE: 'Too many files are open on this host',
  ENOMEM: 'There is not enough memory',
  EAGAIN: 'No other process can be started: raise ulimit -u',
  EROFS: 'The file system is read-only',
  EACCES: 'Permission is missing',
  EPERM: 'Permission is missing',
  EIO: 'A device or disk failed',
  ENODEV: 'A device is gone',
  ENXIO: 'A device is gone',
};

/**
 * Tells an error in one sentence without control characters. An error of no known class is called a defect of h1-hil.
 */
export function sayingOf(error: unknown): string {
  if (error instanceof HilError) return printableLines(error.message);
  const machine = machineSaying(error);
  if (machine !== undefined) return machine;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `This is a defect of h1-hil, and says nothing of chip and driver: ${printableLines(text.split('\n', 1)[0]!)}. Please report it with what h1-hil --debug prints.`;
}

function machineSaying(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path, message } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : OF_THE_MACHINE[code];
  if (known !== undefined)
    return `${known}${path === undefined ? '' : ` in ${printableLines(path)}`}. (${printableLines(message)})`;
  return /^(Array buffer allocation failed|Invalid string length)$/.test(message)
    ? `There is not enough memory. (${message})`
    : undefined;
}
