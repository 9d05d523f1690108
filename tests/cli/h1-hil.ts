import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunSummary } from '../../src/report/summary.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of h1-hil under way. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until stdout or stderr holds the text. */
  says(text: string): Promise<void>;
}

/** Starts `h1-hil` with these arguments, in a process group of its own as a shell does. `env` is added to what this has. */
export function start(
  args: readonly string[],
  cwd: string = ROOT,
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/start.js'), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    heard();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === null) reject(new Error(`ended by ${signal}`));
      else resolve({ code, stdout, stderr });
    });
  });
  return {
    process: child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const listener = (): void => {
          if (!stdout.includes(text) && !stderr.includes(text)) return;
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
        listener();
        child.once('close', () => {
          reject(new Error(`It ended and never said "${text}":\n${stdout}${stderr}`));
        });
      }),
  };
}

/** Runs `h1-hil` to its end. */
export const run = (args: readonly string[], cwd?: string): Promise<Ended> => start(args, cwd).ended;

/** Where the tests of the suite `gated` wait: before the first, in it, and after the last. */
export const GATES = ['begin', 'test', 'end'] as const;

/** A folder for one test, with a simulated rig of its own so that tests can run side by side. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'h1-hil-cli-'));
  readonly rig = this.write('bench.yaml', 'description: The rig of one test\nboard:\n  kind: sim\n');
  readonly report = join(this.folder, 'report');

  write(name: string, text: string | Uint8Array): string {
    const file = join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  /** Arguments that run the suites of tests/cli/suites here, with one profile. */
  suites(...names: readonly string[]): string[] {
    return [
      'run',
      ...names,
      ...['--suites', fileURLToPath(new URL('suites', import.meta.url))],
      ...['--rig', this.rig, '--profile', 'recommended', '--seed', '1', '--report', this.report],
    ];
  }

  /** Opens a gate of the suite `gated`. */
  openGate(gate: (typeof GATES)[number]): void {
    writeFileSync(`${this.report}.${gate}`, '');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** The summary that a run with `--json` printed. */
export const summaryOf = ({ stdout }: Ended): RunSummary => JSON.parse(stdout) as RunSummary;
