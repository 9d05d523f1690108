import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LabFailure } from '../units/index.ts';
import { isReal } from './abilities.ts';
import { LockUnusable } from './kernel-lock.ts';
import type { Rig } from './load-rig.ts';
import { keptBy, keepFor } from './kept.ts';
import type { Kept } from './kept.ts';
import type { Holder, Turn } from './turn.ts';
import { joinTurn, lastHolder, showHolder, acquireTurn, turnHolder } from './turn.ts';

/** Another run holds the rig. */
export class RigBusy extends LabFailure {
  readonly blames = 'lab service';

  constructor(
    readonly rig: string,
    readonly holder: Partial<Holder>,
  ) {
    super(
      `Rig ${rig} is held by ${showHolder(holder)}. Wait for that run to end (h1-hil run --wait 10m), or use another rig.`,
    );
  }
}

/** A person keeps the rig for himself. */
export class RigKept extends LabFailure {
  readonly blames = 'lab service';

  constructor(
    rig: string,
    readonly kept: Kept,
  ) {
    super(
      `Rig ${rig} is kept by ${kept.user} until ${new Date(kept.until).toISOString()}. Wait for that (h1-hil run --wait 10m), or use another rig.`,
    );
  }
}

/** The command that took the rig for this run has ended. */
export class LeaseLost extends LabFailure {
  readonly blames = 'lab service';

  constructor(rig: string) {
    super(`The run that held rig ${rig} is gone: start it again.`);
  }
}

/** A rig held by this process, and by those that inherit the descriptor. The kernel frees it when the last is gone. */
export interface Lease {
  /** File descriptor for child processes; undefined for a rig that needs no lease. */
  readonly descriptor: number | undefined;
  /** Whether its files have their names still; without them others are not kept out. */
  isInPlace(): boolean;
  release(): Promise<void>;
}

/** The lease of a rig that needs none. */
const NO_LEASE: Lease = {
  descriptor: undefined,
  isInPlace: () => true,
  release: () => Promise.resolve(),
};

/** Where locks of devices belong, the first that is there; each is one folder for all users of a host. */
const PLACES = ['/run/lock', '/var/lock', '/tmp'];

/** The folder of the locks of this host's rigs. A lab that wants to keep others out makes it, with a group. */
export const lockFolder = (): string => join(PLACES.find((place) => existsSync(place)) ?? '/tmp', 'h1-hil');

/**
 * Whether only one run at a time may use a rig: it has a real board, or its file says so. Each run makes a simulated
 * board of its own.
 */
export const isExclusive = ({ board, exclusive }: Rig): boolean => exclusive ?? isReal(board);

/** Whether each of several tests may have a board of its own at the same time: all of it is simulated, on a virtual clock. */
export const servesMany = (rig: Rig): boolean =>
  rig.board.kind === 'sim' &&
  rig.board.controller === undefined &&
  rig.board.console === undefined &&
  !isExclusive(rig);

/**
 * What a lease protects: the whole bus of a real board, or the file of another rig. On a bus the opening of one chip
 * select moves the others, and no lock lasts from message to message.
 */
const wantedBy = ({ board, file }: Rig): string => {
  if (board.kind === 'remote') return `ssh-${board.ssh.host}`;
  return board.kind === 'linux' ? board.spi.device.replace(/\.\d+$/, '') : realFile(file);
};

function realFile(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function placeOf(rig: Rig): string {
  const wanted = wantedBy(rig);
  const name = basename(wanted)
    .replace(/[^\w.-]/g, '_')
    .slice(0, 40);
  return join(lockFolder(), `${name}-${createHash('sha256').update(wanted).digest('hex').slice(0, 16)}`);
}

const ALL_MAY_HOLD = 0o666;

/** How often somebody who waits looks whether a rig is kept still, in milliseconds. */
const LOOK_MS = 500;

/**
 * Takes the rig for this process and those that inherit the lease's descriptor. A rig that a person keeps is only for that
 * person's processes.
 * @throws RigBusy when another has it for all of `waitMs`, LockUnusable
 */
export async function acquireLease(rig: Rig, holder: Holder, { waitMs = 0 } = {}): Promise<Lease> {
  if (!isExclusive(rig)) return NO_LEASE;
  makeLockFolder();
  const place = placeOf(rig);
  const end = performance.now() + waitMs;
  for (;;) {
    const restMs = Math.max(0, end - performance.now());
    const turn = await explained(() => acquireTurn(place, { holder, waitMs: restMs, mode: ALL_MAY_HOLD }));
    if (turn === undefined) throw new RigBusy(rig.name, (await turnHolder(place)) ?? lastHolder(place));
    const kept = keptBy(place);
    if (kept === undefined || kept.user === holder.user) return leaseOf(turn);
    turn.release();
    if (performance.now() >= end) throw new RigKept(rig.name, kept);
    await pause(Math.min(LOOK_MS, Math.max(0, end - performance.now())));
  }
}

/** Who keeps the rig for himself until when; undefined when nobody does. */
export const keeperOf = (rig: Rig): Kept | undefined => (isExclusive(rig) ? keptBy(placeOf(rig)) : undefined);

/**
 * Keeps the rig for the processes of one user, or gives it back with an end that is over. No run of another user may be under
 * way.
 * @throws RigBusy, RigKept, LockUnusable
 */
export async function keepRig(rig: Rig, kept: Kept, { waitMs = 0 } = {}): Promise<void> {
  const { user } = kept;
  const running = await holderOf(rig);
  const note = (): Promise<void> => explained(() => keepFor(placeOf(rig), kept, ALL_MAY_HOLD));
  if (running?.user === user) return note();
  const holder = { pid: process.pid, user, since: new Date().toISOString(), run: 'h1-hil rig acquire' };
  const lease = await acquireLease(rig, holder, { waitMs });
  try {
    await note();
  } finally {
    await lease.release();
  }
}

/** Ends what somebody keeps, whoever it is. @throws LockUnusable */
export const endKeeping = (rig: Rig, kept: Kept): Promise<void> =>
  explained(() => keepFor(placeOf(rig), { ...kept, until: 0 }, ALL_MAY_HOLD));

/**
 * Holds the rig together with the run `id`, so that it is not free before this process is gone as well.
 * @throws LeaseLost when that run does not hold it any more
 */
export async function joinLease(rig: Rig, id: string): Promise<Lease> {
  if (!isExclusive(rig)) return NO_LEASE;
  const turn = await joinTurn(placeOf(rig), id);
  if (turn === undefined) throw new LeaseLost(rig.name);
  return leaseOf(turn);
}

const leaseOf = (turn: Turn): Lease => ({
  descriptor: turn.descriptor,
  isInPlace: () => turn.isInPlace(),
  release: async () => {
    turn.release();
  },
});

/** Who holds the rig now; undefined when nobody does, or nobody needs to. */
export async function holderOf(rig: Rig): Promise<Holder | undefined> {
  if (!isExclusive(rig)) return undefined;
  const holder = await turnHolder(placeOf(rig));
  return holder && { pid: 0, user: '?', since: '?', run: '?', ...holder };
}

/** Makes the folder for all users, as /tmp is. Its owner may restrict it. */
function makeLockFolder(): void {
  const folder = lockFolder();
  try {
    mkdirSync(folder);
    chmodSync(folder, 0o1777);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new LockUnusable(`${folder} cannot be made: ${String(cause)}. ${howToShare(folder)}`, { cause });
  }
}

async function explained<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const code = cause instanceof LockUnusable && (cause.cause as NodeJS.ErrnoException | undefined)?.code;
    if (code !== 'EACCES' && code !== 'EPERM') throw cause;
    throw new LockUnusable(
      `This user may not hold the rig: ${(cause as Error).message} ${howToShare(lockFolder())}`,
      { cause },
    );
  }
}

const howToShare = (folder: string): string =>
  `Join the group of ${folder}, or let its owner make it for a group: install -d -m 2775 -g GROUP ${folder}`;
