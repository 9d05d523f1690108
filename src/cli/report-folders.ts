import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSummary } from '../report/summary.ts';
import type { RunSummary } from '../report/summary.ts';
import { acquireTurn } from '../rig/index.ts';
import { newHolder } from './run-context.ts';
import { TURN } from './run-folder.ts';

/** A folder that a run has left, or that a run writes to. */
export interface ReportFolder {
  readonly path: string;
  /** Its name begins with the moment at which its run began. */
  readonly name: string;
  readonly bytes: number;
  /** Undefined when the run ended before it had one, or is under way. */
  readonly summary: Pick<RunSummary, 'id' | 'verdict' | 'rig' | 'start'> | undefined;
}

/** Name of a folder that `h1-hil run` made by itself: a moment, then rig and seed. Others are somebody's own. */
const OF_RUN = /^\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2}-/;

/** The folders that runs have made in this one, the newest first. */
export function reportFolders(out: string): ReportFolder[] {
  return namesIn(out)
    .filter((name) => OF_RUN.test(name) && lstatSync(join(out, name)).isDirectory())
    .sort()
    .reverse()
    .map((name) => {
      const path = join(out, name);
      return { path, name, bytes: bytesIn(path), summary: readSummary(path) };
    });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    try {
      const stat = lstatSync(path);
      bytes += stat.isDirectory() ? bytesIn(path) : stat.size;
    } catch {
      // A run that is under way may take a file away.
    }
  }
  return bytes;
}

/** Removes a folder, unless a run is under way in it. @returns whether it is gone */
export async function removeReport({ path }: ReportFolder): Promise<boolean> {
  const turn = await acquireTurn(join(path, TURN), { holder: newHolder() });
  if (turn === undefined) return false;
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } finally {
    turn.release();
  }
}
