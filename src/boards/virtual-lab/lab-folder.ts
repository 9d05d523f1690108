import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The process namespace. In another one, such as a container that shares /tmp, the same number is another process.
 */
const NAMESPACE = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
/** The beginning of the name of a guest's folder. The number of the process that the guest serves follows. */
const PREFIX = `h1-hil-lab-${NAMESPACE}-`;

/** A new folder for one guest. Those of guests whose process was killed are removed; QEMU died with it. */
export function makeLabFolder(): string {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeIfOurs(join(tmpdir(), name));
  }
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

/** Removes a folder. One of another user cannot be removed, and does no harm. */
function removeIfOurs(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // It stays.
  }
}
