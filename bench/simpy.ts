import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Debian's own, for which its package python3-simpy3 is. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('sleep_wake.py', import.meta.url));

/** Sleep-wake cycles a second of SimPy's bare event loop; undefined when SimPy is not installed. */
export async function simpySleepWake(cycles: number): Promise<number | undefined> {
  try {
    return Number((await promisify(execFile)(PYTHON, [SCRIPT, `${cycles}`])).stdout);
  } catch (failure) {
    const { code, stderr } = failure as { readonly code?: unknown; readonly stderr?: string };
    if (code === 'ENOENT' || /No module named 'simpy'/.test(stderr ?? '')) return undefined;
    throw failure;
  }
}
