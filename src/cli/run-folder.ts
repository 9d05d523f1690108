import { SOAKS } from '../report/soaks.ts';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FAILED_FOLDER, JOURNALS_FOLDER, TRACES_FOLDER } from '../report/kept-tests.ts';
import { WIRES_FOLDER } from '../report/wires.ts';
import type { Holder } from '../rig/index.ts';
import { lastHolder, showHolder, acquireTurn, turnHolder } from '../rig/index.ts';
import { LabFailure, UsageError } from '../units/index.ts';
import { sayingOf } from './explain.ts';
import { ROOT } from './root.ts';

/** The folder of all runs that were not given one. */
export const OUT = join(ROOT, 'reports', 'out');

/** Name of the folder's lock file, without its extension. */
export const TURN = 'run';
/** Name of the file that reserves space on the disk for the summary, whatever the tests write. */
const RESERVE = 'reserve';
const RESERVED_BYTES = 512 * 1024;

/** Name of the list of tests that a run with --last-failed ran. */
export const LAST_FAILED_FILE = 'last-failed.txt';

/** The files that a run leaves in its folder. */
const OURS: ReadonlySet<string> = new Set([
  'allure-results',
  'allurerc.json',
  'attachments',
  'html',
  'journal.jsonl',
  LAST_FAILED_FILE,
  'junit.xml',
  'measures.jsonl',
  'outside.jsonl',
  'rig-failures.json',
  SOAKS,
  'summary.json',
  WIRES_FOLDER,
  JOURNALS_FOLDER,
  TRACES_FOLDER,
  FAILED_FOLDER,
  'summary.json.part',
  RESERVE,
  `${TURN}.lock`,
  `${TURN}.use`,
]);
/** The files that stay when the next run takes the folder. */
const LOCKS: readonly string[] = [`${TURN}.lock`, `${TURN}.use`];

/** Another run writes to the folder. */
export class FolderBusy extends LabFailure {
  readonly blames = 'lab service';

  constructor(folder: string, holder: Partial<Holder>) {
    super(
      `The report cannot go to ${folder}: it belongs to the run of ${showHolder(holder)}. Name another folder, or wait for that run to end.`,
    );
  }
}

/** A folder that belongs to one run until the run releases it. */
export interface RunFolder {
  readonly path: string;
  /** A file descriptor for child processes. The folder belongs to them as well, until the last of them has ended. */
  readonly descriptor: number | undefined;
  /** Whether its lock has its name still; without it another run may have taken the folder. */
  isInPlace(): boolean;
  /** Gives back the space that was reserved. */
  spendReserve(): void;
  release(): void;
}

/**
 * Takes the folder that a run writes to: a new one, or that of an earlier run, whose files are removed.
 * @throws UsageError when the folder has other files, which stay, or cannot be made.
 * @throws FolderBusy when a run is under way in it.
 */
export async function takeRunFolder(
  wanted: string | undefined,
  name: string,
  holder: Holder,
): Promise<RunFolder> {
  const path = wanted === undefined ? join(OUT, `${stamp()}-${name}`) : resolve(wanted);
  explained(path, () => {
    makeFolder(path);
    refuseForeign(path);
    accessSync(path, constants.W_OK);
  });
  const place = join(path, TURN);
  const turn = await acquireTurn(place, { holder });
  if (turn === undefined) throw new FolderBusy(path, (await turnHolder(place)) ?? lastHolder(place));
  const reserve = join(path, RESERVE);
  try {
    explained(path, () => {
      empty(path);
      writeFileSync(reserve, Buffer.alloc(RESERVED_BYTES, 1));
    });
  } catch (failure) {
    rmSync(reserve, { force: true });
    turn.release();
    throw failure;
  }
  return {
    path,
    descriptor: turn.descriptor,
    isInPlace: () => turn.isInPlace(),
    spendReserve: () => {
      rmSync(reserve, { force: true });
    },
    release: () => {
      turn.release();
    },
  };
}

/** Makes one folder after the other, from the top. Node's own recursive call never returns for a place like /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw new Error('it is a file, and no folder');
    return;
  }
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure;
  }
}

function refuseForeign(path: string): void {
  const foreign = readdirSync(path).find((name) => !OURS.has(name));
  if (foreign !== undefined)
    throw new UsageError(
      `The report cannot go to ${path}: ${foreign} is there and is not of an earlier report. Name an empty folder.`,
    );
}

function empty(path: string): void {
  for (const name of readdirSync(path))
    if (!LOCKS.includes(name)) rmSync(join(path, name), { recursive: true, force: true });
}

/** The disk, or this machine, cannot take a report now. */
export class FolderUnfit extends LabFailure {
  readonly blames = 'provisioning';
}

/** Error codes that blame the machine and not the folder. */
const OF_HOST: readonly string[] = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM'];

function explained(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    if (OF_HOST.includes((cause as NodeJS.ErrnoException).code ?? ''))
      throw new FolderUnfit(`The report cannot go to ${path}: ${sayingOf(cause)}`, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`The report cannot go to ${path}: ${reason}.`, { cause });
  }
}

/** `reports/out/latest` leads to the newest run. */
export function linkLatest(folder: string): void {
  if (dirname(folder) !== OUT) return;
  const link = join(OUT, 'latest');
  rmSync(link, { force: true });
  symlinkSync(basename(folder), link);
}

const stamp = (): string => new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
