import type { ChildProcess, StdioOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Interrupted, Interrupts } from './interrupts.ts';
import { ROOT } from './root.ts';

/** How long a child has to end after it was interrupted: the watchdog needs 20 s to end a worker that hangs. */
const INTERRUPT_LIMIT_MS = 45_000;

const GUARD = fileURLToPath(new URL('guard.sh', import.meta.url));

/** The descriptor of the guard's end of the lifeline. */
const LIFELINE = 3;

/** What a child says goes where this process says things; `ignore` drops it. */
type Output = 'inherit' | 'ignore' | 'pipe' | NodeJS.WriteStream;

/** How a child process is started. */
export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of stdin, which is always empty, stdout and stderr. */
  readonly stdio?: 'inherit' | readonly [unknown, Output, Output];
  /** Hears what the child says there, which is shown all the same. */
  readonly onStderr?: (text: string) => void;
  /** Held by the child and its guard until the last of them is gone. */
  readonly descriptors?: readonly number[];
  /** Signals are noted here in place of being watched for by the call itself. */
  readonly interrupts?: Interrupts;
  /** The child is killed with all that it started after this time. */
  readonly limitMs?: number;
}

/** How a child process ended. */
export interface ChildEnd {
  /** 128 and the signal's number when a signal ended it. */
  readonly code: number;
  readonly wasInterrupted: boolean;
  readonly wasOverTime: boolean;
}

/**
 * Runs Node on a script and waits for its end, and that of everything it started. Interrupts are passed on; a child that
 * does not heed them is killed. All of it is ended when this process is gone, however that came about.
 */
export async function runNode(args: readonly string[], options: ChildOptions = {}): Promise<ChildEnd> {
  const interrupts = options.interrupts ?? new Interrupts();
  const state = { wasOverTime: false };
  const timers: NodeJS.Timeout[] = [];
  const child = start(args, options);
  const lifeline = child.stdio[LIFELINE] as Duplex;
  // The guard is gone, which its own end tells.
  lifeline.on('error', () => undefined).resume();
  const send = (word: 'INT' | 'KILL'): void => {
    if (!lifeline.readableEnded && !lifeline.destroyed) lifeline.write(`${word}\n`);
    // Its reader was killed. The group's first process is there, so that its number is nobody else's.
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
    // A group of its own: a terminal's signals reach this process alone, which passes them on.
    detached: true,
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    onStderr?.(text);
    process.stderr.write(text);
  });
  return child;
}

/** The exit code, when everything that was started is gone. */
function endOf(child: ChildProcess, lifeline: Duplex): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => lifeline.end('KILL\n'));
    child.once('close', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** The same as one step of several. @throws Interrupted, so that no other step is begun */
export async function runStep(args: readonly string[], options?: ChildOptions): Promise<number> {
  const { code, wasInterrupted } = await runNode(args, options);
  if (wasInterrupted) throw new Interrupted();
  return code;
}
