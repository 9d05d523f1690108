import type { ChildProcess, StdioOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Interrupted, Interrupts } from './interrupts.ts';
import { ROOT } from './root.ts';

/** Maximum time from an interrupt to the end of a child. The watchdog needs 20 s of it to end a worker that hangs. */
const INTERRUPT_LIMIT_MS = 45_000;

const GUARD = fileURLToPath(new URL('guard.sh', import.meta.url));

/** File descriptor of the guard for its end of the lifeline, a socket between this process and the guard. */
const LIFELINE = 3;

/** Where the output of a child goes; `ignore` drops it, a number is a file descriptor. */
type Output = 'inherit' | 'ignore' | 'pipe' | number | NodeJS.WriteStream;

/** How a child process is started. */
export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** For stdin, stdout and stderr. Stdin is always empty. */
  readonly stdio?: 'inherit' | readonly [unknown, Output, Output];
  /** Gets what the child writes to stderr, which is shown as well. */
  readonly onStderr?: (text: string) => void;
  /** File descriptors that stay open until the child and its guard have both ended. */
  readonly descriptors?: readonly number[];
  /** Notes the signals that come. Without it the call watches for them itself. */
  readonly interrupts?: Interrupts;
  /** After this time in milliseconds, the child and everything that it started are killed. */
  readonly limitMs?: number;
}

/** How a child process ended. */
export interface ChildEnd {
  /** The exit code; 128 plus the signal's number when a signal ended the child. */
  readonly code: number;
  readonly wasInterrupted: boolean;
  readonly wasOverTime: boolean;
}

/**
 * Runs Node on a script, and waits until the script and everything that it started have ended. Interrupts are passed
 * on, and a child that ignores them is killed. When this process ends, by whatever cause, the child ends too.
 */
export async function runNode(args: readonly string[], options: ChildOptions = {}): Promise<ChildEnd> {
  const interrupts = options.interrupts ?? new Interrupts();
  const state = { wasOverTime: false };
  const timers: NodeJS.Timeout[] = [];
  const child = start(args, options);
  const lifeline = child.stdio[LIFELINE] as Duplex;
  // Writing fails when the guard has ended. Its exit is noticed elsewhere.
  lifeline.on('error', () => undefined).resume();
  const send = (word: 'INT' | 'KILL'): void => {
    if (!lifeline.readableEnded && !lifeline.destroyed) lifeline.write(`${word}\n`);
    // The part of the guard that reads the lifeline was killed. The first process of the group still exists, so its
    // number belongs to no other group.
    else if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, `SIG${word}`);
  };
  const killAfter = (ms: number): void => {
    timers.push(setTimeout(send, ms, 'KILL'));
  };
  const pass = (): void => {
    send('INT');
    killAfter(INTERRUPT_LIMIT_MS);
  };
  const overTime = (): void => {
    state.wasOverTime = true;
    pass();
  };
  if (options.limitMs !== undefined) timers.push(setTimeout(overTime, options.limitMs));
  interrupts.signal.addEventListener('abort', pass);
  try {
    if (interrupts.came) pass();
    return { code: await endOf(child, lifeline), wasInterrupted: interrupts.came, ...state };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    interrupts.signal.removeEventListener('abort', pass);
    if (options.interrupts === undefined) interrupts.stop();
  }
}

function start(args: readonly string[], options: ChildOptions): ChildProcess {
  const { env = {}, onStderr, stdio = 'inherit', descriptors = [] } = options;
  const [, out, err] = stdio === 'inherit' ? [undefined, 'inherit' as const, 'inherit' as const] : stdio;
  const all: StdioOptions = ['ignore', out, onStderr ? 'pipe' : err, 'pipe', ...descriptors];
  const child = spawn('/bin/sh', [GUARD, process.execPath, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: all,
    // A group of its own, so that signals of the terminal reach this process alone, which passes them on.
    detached: true,
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    onStderr?.(text);
    process.stderr.write(text);
  });
  return child;
}

/** Waits until everything that was started has ended. Returns the exit code. */
function endOf(child: ChildProcess, lifeline: Duplex): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => lifeline.end('KILL\n'));
    child.once('close', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/**
 * Runs a script as one step of several. Returns its exit code. @throws Interrupted, so that no further step begins.
 */
export async function runStep(args: readonly string[], options?: ChildOptions): Promise<number> {
  const { code, wasInterrupted } = await runNode(args, options);
  if (wasInterrupted) throw new Interrupted();
  return code;
}
