import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SwtpmEnded, SwtpmMissing, SwtpmNotStarted, SwtpmRefused, SwtpmSilent } from './errors.ts';

/** How the program swtpm is run. */
export interface SwtpmOptions {
  /** Folder that keeps what is non-volatile; without it that is forgotten when the process is stopped. */
  readonly state?: string;
  /** The most one answer may take of the host's time. */
  readonly limitMs?: number;
  readonly program?: string;
}

/** Below the 20 s after which a test's watchdog calls its process hung; an RSA key takes at most a few seconds. */
const LIMIT_MS = 15_000;

/** Words of the shared memory, as the thread has them; the bytes of an answer follow. */
const STATE = 0;
const LENGTH = 1;
const PROCESS = 2;
const HEADER = 16;
const DONE = 1;
/** TPM2_MAX_RESPONSE_SIZE of libtpms. */
const ANSWER_SIZE = 4096;

/** Commands of the control channel, from swtpm_ioctls(3). */
const CMD_INIT = 2;
const CMD_STOP = 14;
const CMD_SET_BUFFERSIZE = 17;

/** [CHIP 5.1] Command and response have at most 2048 bytes. swtpm 0.7 takes this for the least it allows, 2808. */
const BUFFER_SIZE = 2048;

const words = (...values: readonly number[]): Uint8Array => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => bytes.writeUInt32BE(value, 4 * at));
  return bytes;
};

/**
 * One swtpm, held by a thread so that it can be called synchronously: the caller sleeps until the answer is there or
 * the limit has passed. Whatever fails, the process is gone afterwards, and every further call says why.
 */
export class SwtpmProcess {
  readonly #shared = new SharedArrayBuffer(HEADER + ANSWER_SIZE);
  readonly #words = new Int32Array(this.#shared, 0, HEADER / 4);
  readonly #thread: Worker;
  readonly #limitMs: number;
  readonly #state: string | undefined;
  #folder = '';
  #failure: Error | undefined;
  #isClosed = false;

  /** @throws SwtpmMissing, SwtpmNotStarted, SwtpmSilent */
  constructor(options: SwtpmOptions = {}) {
    const { state, limitMs = LIMIT_MS, program = 'swtpm' } = options;
    if (!isOnPath(program)) throw new SwtpmMissing(program);
    this.#limitMs = limitMs;
    this.#state = state === undefined ? undefined : resolve(state);
    this.#thread = new Worker(new URL('./swtpm-thread.js', import.meta.url), {
      workerData: { shared: this.#shared, program },
      execArgv: [],
    });
    this.#thread.unref();
    try {
      this.#start();
    } catch (failure) {
      this.close();
      throw failure;
    }
  }

  /** Leader of the group of processes that swtpm runs in; 0 when they are gone. */
  get processId(): number {
    return Atomics.load(this.#words, PROCESS);
  }

  /** @throws SwtpmEnded, SwtpmSilent */
  execute(command: Uint8Array): Uint8Array {
    return this.#call('execute', command, 'a command');
  }

  /** Starts its TPM afresh with what it has in its non-volatile memory. @throws SwtpmEnded, SwtpmSilent, SwtpmRefused */
  init(): void {
    this.#control('CMD_INIT', words(CMD_INIT, 0), 4);
  }

  /** A TPM that remembers nothing; one with a state folder keeps what is in it. @throws SwtpmEnded, SwtpmSilent */
  renew(): void {
    if (this.#state !== undefined) {
      this.init();
      return;
    }
    this.#call('stop', undefined, 'the request to stop');
    this.#start();
  }

  /** Ends the process and waits until it is gone. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (this.#failure === undefined) this.#call('stop', undefined, 'the request to stop');
      else this.#reap();
    } finally {
      this.#failure ??= new SwtpmEnded('a call', 'its board was closed');
      this.#removeFolder();
      void this.#thread.terminate();
    }
  }

  #start(): void {
    const isTemporary = this.#state === undefined;
    this.#folder = this.#makeFolder();
    try {
      this.#call('start', { folder: this.#folder, isTemporary }, 'its start');
      this.#control('CMD_STOP', words(CMD_STOP), 4);
      this.#control('CMD_SET_BUFFERSIZE', words(CMD_SET_BUFFERSIZE, BUFFER_SIZE), 16);
      this.init();
    } catch (failure) {
      if (failure instanceof SwtpmEnded) throw new SwtpmNotStarted(failure.reason);
      throw failure;
    }
  }

  #makeFolder(): string {
    if (this.#state === undefined) return mkdtempSync(join(tmpdir(), 'h1-hil-swtpm-'));
    try {
      if (!existsSync(this.#state)) mkdirSync(this.#state, { mode: 0o700 });
      accessSync(this.#state, constants.W_OK);
    } catch (cause) {
      throw new SwtpmNotStarted(`its state folder ${this.#state} cannot be used (${String(cause)})`);
    }
    return this.#state;
  }

  #removeFolder(): void {
    if (this.#state === undefined && this.#folder !== '')
      rmSync(this.#folder, { recursive: true, force: true });
  }

  #control(name: string, request: Uint8Array, size: number): void {
    const result = Buffer.from(this.#call('control', { request, size }, name)).readUInt32BE(0);
    if (result !== 0) throw this.#fail(new SwtpmRefused(name, result));
  }

  #call(operation: string, body: unknown, attempted: string): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure;
    Atomics.store(this.#words, STATE, 0);
    this.#thread.postMessage({ operation, body });
    if (Atomics.wait(this.#words, STATE, 0, this.#limitMs) === 'timed-out')
      throw this.#fail(new SwtpmSilent(attempted, this.#limitMs));
    const length = Atomics.load(this.#words, LENGTH);
    const answer = Uint8Array.from(new Uint8Array(this.#shared, HEADER, length));
    if (Atomics.load(this.#words, STATE) === DONE) return answer;
    throw this.#fail(new SwtpmEnded(attempted, new TextDecoder().decode(answer)));
  }

  /** Gives the thread time to take note of the end of a process that failed: only then nothing is left of it. */
  #reap(): void {
    Atomics.store(this.#words, STATE, 0);
    this.#thread.postMessage({ operation: 'stop' });
    Atomics.wait(this.#words, STATE, 0, this.#limitMs);
  }

  /** From here on the process is gone, and every call says so. */
  #fail(failure: Error): Error {
    this.#failure = failure;
    const group = this.processId;
    if (group > 0) endGroup(group);
    this.#removeFolder();
    return failure;
  }
}

const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
