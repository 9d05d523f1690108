import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import type { Bundle, Origin, Procedure, Shown } from '../procedure/index.ts';
import {
  bundleTexts,
  ownVersions,
  packBundle,
  parseProcedure,
  procedureText,
  readBundle,
} from '../procedure/index.ts';
import { gunzipSync } from 'node:zlib';
import { bytesInMemory } from '../trace/index.ts';
import { UsageError } from '../units/index.ts';

/** Maximum size of a file. The longest journal of the suites has 40 MB. */
const MAX_BYTES = 64 << 20;

/** Extension of a bundle. */
export const BUNDLE = '.h1repro';

/** A procedure as it came out of a file; of a bundle, what was seen when it was written as well. */
export interface ReadProcedure {
  readonly procedure: Procedure;
  readonly facts?: Bundle['facts'];
}

/**
 * Reads a procedure, or the bundle that it is in. @throws UsageError when the file cannot be read, is too large, or is
 * neither.
 */
export function readProcedure(file: string): ReadProcedure {
  const bytes = bytesOf(file, MAX_BYTES);
  if (extname(file) === BUNDLE || bytes.subarray(0, 2).toString('latin1') === 'PK')
    return readBundle(bytesInMemory(bytes), file);
  return { procedure: parseProcedure(textOf(bytes, file), file) };
}

/** The text of a procedure. The long journal of a test is compressed with gzip. */
function textOf(bytes: Buffer, file: string): string {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  return attempt(`${file} cannot be unpacked`, () =>
    gunzipSync(bytes, { maxOutputLength: MAX_BYTES }).toString('utf8'),
  );
}

/** @throws UsageError when the file cannot be read, or has more than `most` bytes */
export function bytesOf(file: string, most: number): Buffer {
  return attempt(`${file} cannot be read`, () => {
    const { size } = statSync(file);
    if (size > most) throw new UsageError(`${file} has ${size} bytes; at most ${most} are read.`);
    return readFileSync(file);
  });
}

/**
 * Writes a bundle of a procedure and of one play of it; `rig` is the rig that was played on, if that was not the board
 * of the procedure. @throws UsageError
 */
export function writeBundle(
  file: string,
  procedure: Procedure,
  { shown, rig }: { readonly shown: Shown; readonly rig?: Origin['rig'] | undefined },
): void {
  const texts = bundleTexts(procedure, shown, { ...(rig && { rig }), versions: ownVersions() });
  writeOut(file, packBundle(texts));
}

/** Whether a file to be written is a bundle, by its name. */
export const isBundle = (file: string): boolean => extname(file) === BUNDLE;

/** Writes a file, and makes the folders that it needs. @throws UsageError */
export function writeOut(file: string, content: string | Uint8Array): void {
  attempt(`${file} cannot be written`, () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  });
}

/** @throws UsageError that begins with `problem` */
function attempt<T>(problem: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${problem}: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
}

/** Writes a procedure as JSON. @throws UsageError */
export const writeProcedure = (file: string, procedure: Procedure): void => {
  writeOut(file, procedureText(procedure));
};
