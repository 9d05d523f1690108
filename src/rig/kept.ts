import { printable } from '../units/index.ts';
import { KernelLock, LockUnusable, readDescription } from './kernel-lock.ts';

/** A person keeps a rig for himself, whatever processes come and go. */
export interface Kept {
  readonly user: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Maximum time for somebody else who writes at the same moment, in milliseconds. */
const WRITE_LIMIT_MS = 5000;

const fileOf = (place: string): string => `${place}.kept`;

/** Who keeps the place now; undefined when nobody does, or the end is over. */
export function keptBy(place: string): Kept | undefined {
  try {
    const { user, until } = JSON.parse(readDescription(fileOf(place))) as Record<string, unknown>;
    if (typeof user !== 'string' || typeof until !== 'number' || until <= new Date().getTime())
      return undefined;
    return { user: printable(user), until };
  } catch {
    return undefined;
  }
}

/** Writes down who keeps the place. @throws LockUnusable */
export async function keepFor(place: string, kept: Kept, mode: number): Promise<void> {
  const file = fileOf(place);
  const lock = await KernelLock.acquire(file, { how: 'alone', waitMs: WRITE_LIMIT_MS, mode });
  if (lock === undefined) throw new LockUnusable(`${file} is locked by somebody else for too long.`);
  try {
    lock.describe(JSON.stringify(kept));
  } finally {
    lock.release();
  }
}
