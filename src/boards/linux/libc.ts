import { constants as files } from 'node:fs';
import { constants } from 'node:os';
import { HilError } from '../../units/index.ts';
import { PackageMissing } from './errors.ts';

const { EAGAIN } = constants.errno;
/** asm-generic/fcntl.h; Node does not name it. */
export const O_CLOEXEC = 0o2000000;
const F_SETFL = 4;
const POLLIN = 1;
const POLLFD_SIZE = 8;

/** A system call failed; `errno` is the kernel's, positive. */
export class SystemCallFailed extends HilError {
  readonly blames = 'rig';

  constructor(
    call: string,
    readonly errno: number,
  ) {
    const [name] = Object.entries(constants.errno).find(([, value]) => value === errno) ?? [];
    super(`${call}: ${name ?? `error ${errno}`}`);
  }
}

/** The few calls to the C library that Node does not offer. Each runs to its end; failures are SystemCallFailed. */
export interface Libc {
  open(path: string, flags: number): number;
  close(descriptor: number): void;
  /** `argument` is what the request wants there, changed in place. */
  ioctl(descriptor: number, request: number, argument: Buffer): void;
  /** Where the bytes of a buffer lie in memory. */
  addressOf(buffer: Buffer): bigint;
  /** Reads from this descriptor come back at once, with nothing where there is nothing. */
  dontBlock(descriptor: number): void;
  /** Bytes read from a descriptor that does not block; 0 when there are none. */
  read(descriptor: number, into: Buffer): number;
  /** True when there is something to read, waited for at most `limitMs`, whole milliseconds. */
  waitReadable(descriptor: number, limitMs: number): boolean;
}

/** @throws PackageMissing when koffi is not installed for this machine. */
export async function loadLibc(): Promise<Libc> {
  const koffi = await loadKoffi();
  // The process's own symbols and not the library's, so that a preloaded library takes effect.
  const library = koffi.load(null);
  type Call = (...parameters: unknown[]) => number;
  const open = library.func('int open(const char *path, int flags)') as Call;
  const close = library.func('int close(int fd)') as Call;
  const ioctl = library.func('int ioctl(int fd, unsigned long request, void *argument)') as Call;
  const fcntl = library.func('int fcntl(int fd, int command, long argument)') as Call;
  const read = library.func('long read(int fd, void *into, size_t size)') as Call;
  const poll = library.func('int poll(void *fds, unsigned long count, int ms)') as Call;
  const checked = (call: string, result: number): number => {
    if (result < 0) throw new SystemCallFailed(call, koffi.errno());
    return result;
  };
  const pollfd = Buffer.alloc(POLLFD_SIZE);
  return {
    open: (path, flags) => checked(`open ${path}`, open(path, flags)),
    close: (descriptor) => {
      checked('close', close(descriptor));
    },
    ioctl: (descriptor, request, argument) => {
      checked('ioctl', ioctl(descriptor, request, argument));
    },
    addressOf: (buffer) => koffi.address(buffer),
    dontBlock: (descriptor) => {
      checked('fcntl', fcntl(descriptor, F_SETFL, files.O_NONBLOCK));
    },
    read: (descriptor, into) => {
      const count = read(descriptor, into, into.length);
      return count < 0 && koffi.errno() === EAGAIN ? 0 : checked('read', count);
    },
    waitReadable: (descriptor, limitMs) => {
      pollfd.writeInt32LE(descriptor, 0);
      pollfd.writeInt16LE(POLLIN, 4);
      return checked('poll', poll(pollfd, 1, limitMs)) > 0;
    },
  };
}

async function loadKoffi(): Promise<typeof import('koffi')> {
  try {
    return (await import('koffi')).default;
  } catch (cause) {
    throw new PackageMissing('koffi', cause);
  }
}
