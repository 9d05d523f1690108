import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { LabFailure } from '../units/index.ts';

/** A lock cannot be used: the program flock is missing, or the file may not be opened. */
export class LockUnusable extends LabFailure {
  readonly blames = 'provisioning';
}

/** Maximum number of bytes that are read of a holder's description. */
const MAX_BYTES = 4096;
/** How often the file may be replaced while it is asked for. */
const MAX_REPLACED = 10;
/** Pause between two attempts, in milliseconds. */
const AGAIN_MS = 50;
/** Maximum time for an answer of flock, in milliseconds. The kernel and a busy machine need less. */
const ANSWER_LIMIT_MS = 20_000;

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/**
 * A lock of the kernel on a file (`flock`). Every process that inherits the descriptor holds it too; it is free when the
 * last of them has closed it or is gone, however that came about. The file stays: removing it would let two hold it.
 */
export class KernelLock {
  #isOpen = true;

  private constructor(
    /** File descriptor for child processes, which then hold the lock as well. */
    readonly descriptor: number,
    private readonly file: string,
  ) {}

  /**
   * Takes the lock. Undefined when another process holds it for all of `waitMs`. `alone` excludes everybody, `shared`
   * those who want to be alone. `mode` is the mode of the file, when it is made.
   * @throws LockUnusable
   */
  static async acquire(
    file: string,
    { how, waitMs = 0, mode = 0o644 }: { how: 'alone' | 'shared'; waitMs?: number; mode?: number },
  ): Promise<KernelLock | undefined> {
    const end = performance.now() + waitMs;
    for (let attempt = 0; attempt < MAX_REPLACED; attempt++) {
      const lock = new KernelLock(openLockFile(file, mode), file);
      try {
        const isHeld = await lock.#ask(how, end - performance.now());
        if (isHeld && lock.isInPlace) return lock;
        if (!isHeld) {
          lock.release();
          return undefined;
        }
      } catch (failure) {
        lock.release();
        throw failure;
      }
      // Another file has taken the place of this one meanwhile, and is what others lock.
      lock.release();
    }
    throw new LockUnusable(`${file} is replaced again and again, and cannot be locked.`);
  }

  /** Whether the file has its name still. When not, others lock another file, and are not kept out. */
  get isInPlace(): boolean {
    try {
      const [own, named] = [fstatSync(this.descriptor), lstatSync(this.file)];
      return own.ino === named.ino && own.dev === named.dev;
    } catch {
      return false;
    }
  }

  /** Lets others who share it in, too; for a moment nobody may have it. */
  async share(): Promise<boolean> {
    return this.#ask('shared', 0);
  }

  /** Writes into the file who holds it. */
  describe(text: string): void {
    ftruncateSync(this.descriptor, 0);
    writeSync(this.descriptor, text.slice(0, MAX_BYTES), 0);
  }

  release(): void {
    if (this.#isOpen) closeSync(this.descriptor);
    this.#isOpen = false;
  }

  async #ask(how: 'alone' | 'shared', waitMs: number): Promise<boolean> {
    const end = performance.now() + waitMs;
    while (!(await flock(this.descriptor, how))) {
      if (performance.now() >= end) return false;
      await pause(AGAIN_MS);
    }
    return true;
  }
}

/** What stands in the file of a lock: its first 4096 bytes, nothing when it cannot be read. */
export function readDescription(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return '';
    const bytes = Buffer.alloc(MAX_BYTES);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, MAX_BYTES, 0));
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Opens the file, and makes it when it is missing. In a folder of all users, a file of another user is only opened.
 */
function openLockFile(file: string, mode: number): number {
  try {
    const descriptor = openOrMake(file, mode);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
  } catch (cause) {
    throw new LockUnusable(`${file} cannot be opened to lock it: ${reasonOf(cause)}.`, { cause });
  }
  throw new LockUnusable(`${file} is no plain file, and cannot be locked. Remove it.`);
}

function openOrMake(file: string, mode: number): number {
  for (let attempt = 0; ; attempt++)
    try {
      return openSync(file, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    } catch (failure) {
      if (codeOf(failure) !== 'ENOENT') throw failure;
      try {
        const descriptor = openSync(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
        fchmodSync(descriptor, mode);
        return descriptor;
      } catch (again) {
        if (codeOf(again) !== 'EEXIST' || attempt > 2) throw again;
      }
    }
}

/** Asks the kernel by the program flock of util-linux, which locks the descriptor that it inherits. */
async function flock(descriptor: number, how: 'alone' | 'shared'): Promise<boolean> {
  const child = spawn('flock', ['-n', how === 'alone' ? '-x' : '-s', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor],
    timeout: ANSWER_LIMIT_MS,
  });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code === 0 || code === 1) return code === 0;
    throw new LockUnusable(`The program flock ended with ${code}, and 0 or 1 was expected.`);
  } catch (cause) {
    if (cause instanceof LockUnusable) throw cause;
    throw new LockUnusable(
      `The program flock cannot be run: ${reasonOf(cause)}. It is of util-linux, and keeps two runs apart; install it.`,
      { cause },
    );
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
