import { closeSync, fstatSync, openSync, readdirSync, readSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Tally } from '../report/tally.ts';

/** Number of bytes that are read at each end of a file. */
const END_BYTES = 4096;
/** A disk with less free space than this counts as full. */
const FULL_BYTES = 64 * 1024;

/**
 * Problems with the files of the runner's other reporters, each as a sentence; none when the files agree with the
 * journal.
 */
export function reporterTroubles(folder: string, { planned, passed, failed }: Tally): string[] {
  return [
    junitTrouble(join(folder, 'junit.xml'), planned.length),
    allureTrouble(folder, passed + failed),
  ].filter((trouble) => trouble !== undefined);
}

/** The JUnit file has to be complete, and to count each planned test. */
function junitTrouble(file: string, planned: number): string | undefined {
  const ends = endsOf(file);
  if (ends === undefined) return `${file} was not written.`;
  if (!ends.last.trimEnd().endsWith('</testsuites>')) return `${file} is cut: its last line is missing.`;
  const told = Number(/<testsuites [^>]*?\btests="(\d+)"/.exec(ends.first)?.[1]);
  return told === planned ? undefined : `${file} tells of ${told} tests, and ${planned} were planned.`;
}

/** The Allure folder has to have a result for each test that ended. */
function allureTrouble(folder: string, least: number): string | undefined {
  const results = join(folder, 'allure-results');
  const told = namesIn(results).filter((name) => name.endsWith('-result.json')).length;
  return told >= least ? undefined : `${results} has ${told} results, and ${least} tests ended.`;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function endsOf(file: string): { readonly first: string; readonly last: string } | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(END_BYTES);
    const first = bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, END_BYTES, 0));
    const at = Math.max(0, size - END_BYTES);
    return { first, last: bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, END_BYTES, at)) };
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The sentence for a full disk. */
export const noSpace = (folder: string): string => `No space left in ${folder}.`;

/** The sentence for a full disk, when the disk of the folder is full; else undefined. */
export function diskTrouble(folder: string): string | undefined {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(folder);
    if (bavail * bsize < FULL_BYTES) return noSpace(folder);
    return files > 0 && ffree === 0 ? `No room for another file in ${folder}.` : undefined;
  } catch {
    return undefined;
  }
}
