import type { StdioOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { HilError } from '../units/index.ts';
import { ROOT } from './root.ts';

/** How long a child has to end after it was interrupted: the watchdog needs 20 s to end a worker that hangs. */
const INTERRUPT_LIMIT_MS = 45_000;

/** How a child process is started. */
export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdio?: StdioOptions;
  /** Hears what the child says there, which is shown all the same. */
  readonly onStderr?: (text: string) => void;
}

/** How a child process ended. */
export interface ChildEnd {
  /** 128 and the signal's number when a signal ended it. */
  readonly code: number;
  readonly wasInterrupted: boolean;
}

/** Somebody pressed Ctrl-C, or ended the command. */
export class Interrupted extends HilError {
  readonly blames = 'usage';

  constructor() {
    super('Interrupted: what was running was ended, and nothing else was begun.');
  }
}

const SIGINT = 2;
const SIGTERM = 15;

/** Runs Node on a script and waits for its end. Interrupts are passed on; a child that does not heed them is ended. */
export function runNode(
  args: readonly string[],
  { env = {}, onStderr, stdio = onStderr ? ['inherit', 'inherit', 'pipe'] : 'inherit' }: ChildOptions = {},
): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      onStderr?.(text);
      process.stderr.write(text);
    });
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

/** The same as one step of several. @throws Interrupted, so that no other step is begun */
export async function runStep(args: readonly string[], options?: ChildOptions): Promise<number> {
  const { code, wasInterrupted } = await runNode(args, options);
  if (wasInterrupted) throw new Interrupted();
  return code;
}
