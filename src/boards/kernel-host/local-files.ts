import { execFile, spawn } from 'node:child_process';
import { close, open, read, readdir, write } from 'node:fs';
import type { HostFiles } from '../../board/index.ts';
import { LabFailure } from '../../units/index.ts';

/** poll(2) on a descriptor that the child has as its number 3. */
const POLL = `import select, sys
poll = select.poll()
poll.register(3, int(sys.argv[1]))
print(sum(events for _, events in poll.poll(int(sys.argv[2]))))`;

/** There is no other way to poll(2) from here. */
class PollMissing extends LabFailure {
  readonly blames = 'lab service';

  constructor(cause: unknown) {
    super('A device file cannot be polled: python3, which does it, cannot be run. Install python3.', {
      cause,
    });
  }
}

type Done<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

/** The result of a call: its value, or the negative error number of the system. */
const outcome = <T>(call: (done: Done<T>) => void): Promise<T | number> =>
  new Promise((resolve, reject) => {
    call((error, value) => {
      if (error === null) resolve(value);
      else if (error.errno === undefined) reject(error);
      else resolve(-Math.abs(error.errno));
    });
  });

/** The files of this host. */
export class LocalFiles implements HostFiles {
  open(path: string, flags: number): Promise<number> {
    return outcome<number>((done) => {
      open(path, flags, 0o644, done);
    });
  }

  close(descriptor: number): Promise<number> {
    return outcome<number>((done) => {
      close(descriptor, (error) => {
        done(error ?? null, 0);
      });
    });
  }

  read(descriptor: number, size: number): Promise<Uint8Array | number> {
    return this.#read(descriptor, size, null);
  }

  readAt(descriptor: number, size: number, offset: number): Promise<Uint8Array | number> {
    return this.#read(descriptor, size, offset);
  }

  write(descriptor: number, bytes: Uint8Array): Promise<number> {
    return outcome<number>((done) => {
      write(descriptor, bytes, 0, bytes.length, null, done);
    });
  }

  poll(descriptor: number, events: number, limitMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const child = spawn('python3', ['-c', POLL, String(events), String(limitMs)], {
        stdio: ['ignore', 'pipe', 'ignore', descriptor],
      });
      let said = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      child.once('error', (cause) => {
        reject(new PollMissing(cause));
      });
      child.once('close', () => {
        resolve(Number(said));
      });
    });
  }

  list(path: string): Promise<readonly string[] | number> {
    return outcome<readonly string[]>((done) => {
      readdir(path, done);
    });
  }

  run(command: readonly string[]): Promise<{ readonly status: number; readonly output: string }> {
    const [program, ...args] = command;
    if (program === undefined) throw new RangeError('A command has at least the name of a program.');
    return new Promise((resolve) => {
      execFile(program, args, { maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
        // A program that is not there ends with 127, as in a shell.
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
        resolve({ status, output: stdout + stderr });
      });
    });
  }

  async #read(descriptor: number, size: number, position: number | null): Promise<Uint8Array | number> {
    const bytes = new Uint8Array(size);
    const count = await outcome<number>((done) => {
      read(descriptor, bytes, 0, size, position, done);
    });
    return count < 0 ? count : bytes.subarray(0, count);
  }
}
