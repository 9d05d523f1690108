import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabUnprepared } from './errors.ts';

/** The folder of what makes the guest. */
export const LAB = fileURLToPath(new URL('../../../rigs/virtual-lab/', import.meta.url));

/** Packages of a kernel are some 130 MB, which a slow line takes long for. */
const SCRIPT_LIMIT_MS = 3_600_000;

/** Runs a script of the lab and returns what it printed. @throws LabUnprepared with what it said */
export function runScript(
  name: string,
  args: readonly string[],
  options: { readonly tell?: (said: string) => void; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(LAB, name), args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: SCRIPT_LIMIT_MS,
      env: { ...process.env, ...options.env },
    });
    let [printed, said] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      options.tell?.(text.toString());
    });
    child.once('error', (failure) => {
      reject(new LabUnprepared(failure.message));
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve(printed.trim());
      else
        reject(new LabUnprepared(said.trim() === '' ? `${name} ended with ${signal ?? String(code)}` : said));
    });
  });
}
