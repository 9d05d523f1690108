import type { StdioOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { ROOT } from './root.ts';

/** How long a child has to end after it was interrupted: the watchdog needs 20 s to end a worker that hangs. */
const INTERRUPT_LIMIT_MS = 45_000;

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdio?: StdioOptions;
}

export interface ChildEnd {
  /** 128 and the signal's number when a signal ended it. */
  readonly code: number;
  readonly wasInterrupted: boolean;
}

const SIGINT = 2;
const SIGTERM = 15;

/** Runs Node on a script and waits for its end. Interrupts are passed on; a child that does not heed them is ended. */
export function runNode(
  args: readonly string[],
  { env = {}, stdio = 'inherit' }: ChildOptions = {},
): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio });
    let wasInterrupted = false;
    const interrupt = (): void => {
      wasInterrupted = true;
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGKILL'), INTERRUPT_LIMIT_MS).unref();
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      resolve({ code: code ?? 128 + (signal === 'SIGINT' ? SIGINT : SIGTERM), wasInterrupted });
    });
  });
}
