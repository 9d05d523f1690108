import { KernelLock, readDescription } from './kernel-lock.ts';
import { printable } from '../units/index.ts';

/** Who holds a rig or a folder. */
export interface Holder {
  readonly pid: number;
  readonly user: string;
  /** ISO 8601. */
  readonly since: string;
  /** The command that was run. */
  readonly run: string;
  /** The run's id, when it is a run. */
  readonly id?: string;
  readonly host?: string;
}

/** The right of one command to use a rig or a folder. It is shared by all processes that get `descriptor`. */
export interface Turn {
  /** The lock is held by every process that has this descriptor. The next turn begins when the last of them is gone. */
  readonly descriptor: number | undefined;
  /** Whether its files have their names still; without them others are not kept out. */
  isInPlace(): boolean;
  release(): void;
}

/** Maximum time to wait for the processes of a killed command to end, in milliseconds. */
const REST_MS = 10_000;
/** Somebody who only asks for the holder has the lock for less than this, in milliseconds. */
const GLANCE_MS = 500;

/**
 * Two locks make one turn. The command alone has the first, and says there who it is. The second is shared by the processes
 * that touch the thing: a command gets its turn when it has the first and nobody has the second.
 */
const filesOf = (place: string) => ({ turn: `${place}.lock`, use: `${place}.use` });

/** What a turn is asked with. */
export interface TurnRequest {
  readonly holder: Holder;
  /** How long to wait while another has the turn, in milliseconds. */
  readonly waitMs?: number;
  /** Mode of files that are made. */
  readonly mode?: number;
}

/** The turn, or undefined when another has it. @throws LockUnusable */
export async function acquireTurn(
  place: string,
  { holder, waitMs = 0, mode = 0o644 }: TurnRequest,
): Promise<Turn | undefined> {
  const files = filesOf(place);
  const turn = await KernelLock.acquire(files.turn, {
    how: 'alone',
    waitMs: Math.max(waitMs, GLANCE_MS),
    mode,
  });
  if (turn === undefined) return undefined;
  try {
    const use = await KernelLock.acquire(files.use, {
      how: 'alone',
      waitMs: Math.max(waitMs, REST_MS),
      mode,
    });
    if (use === undefined) {
      turn.release();
      return undefined;
    }
    turn.describe(JSON.stringify(holder));
    await use.share();
    return {
      descriptor: use.descriptor,
      isInPlace: () => use.isInPlace && turn.isInPlace,
      release: () => {
        use.release();
        turn.release();
      },
    };
  } catch (failure) {
    turn.release();
    throw failure;
  }
}

/**
 * Shares the turn of the run `id`. The order matters: from when the second lock is had no other run can begin, and only
 * then the first is looked at. Undefined when that run has not, or no longer, the turn.
 */
export async function joinTurn(place: string, id: string): Promise<Turn | undefined> {
  const use = await KernelLock.acquire(filesOf(place).use, { how: 'shared', waitMs: GLANCE_MS });
  if (use === undefined) return undefined;
  const holder = await turnHolder(place);
  if (holder?.id === id)
    return {
      descriptor: use.descriptor,
      isInPlace: () => use.isInPlace,
      release: () => {
        use.release();
      },
    };
  use.release();
  return undefined;
}

/** Who has the turn; undefined when nobody has. @throws LockUnusable */
export async function turnHolder(place: string): Promise<Partial<Holder> | undefined> {
  const { turn } = filesOf(place);
  const text = readDescription(turn);
  if (text === '') return undefined;
  const lock = await KernelLock.acquire(turn, { how: 'shared' });
  lock?.release();
  return lock === undefined ? parseHolder(text) : undefined;
}

/** The last holder that is written in the file, even if its process has ended. */
export const lastHolder = (place: string): Partial<Holder> =>
  parseHolder(readDescription(filesOf(place).turn));

/** Reads what a holder wrote, without characters that a terminal would obey. */
function parseHolder(text: string): Partial<Holder> {
  try {
    const { pid, user, since, run, id, host } = JSON.parse(text) as Record<string, unknown>;
    const texts = Object.entries({ user, since, run, id, host })
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([name, value]) => [name, printable(value)] as const);
    return { ...(Object.fromEntries(texts) as Partial<Holder>), ...(typeof pid === 'number' && { pid }) };
  } catch {
    return {};
  }
}

/** `anna, process 12 on bench-1, since 2026-01-02T03:04:05.000Z for "h1-hil run"`. */
export function showHolder({ pid, user, since, run, host }: Partial<Holder>): string {
  if (pid === undefined) return 'somebody who does not say who he is';
  const where = host === undefined ? '' : ` on ${host}`;
  return `${user ?? '?'}, process ${pid}${where}, since ${since ?? '?'} for "${run ?? '?'}"`;
}
